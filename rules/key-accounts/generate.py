#!/usr/bin/env python3
"""Makes `data/` of the key-accounts demo: three years of an invented company, Nordwind.

Needs Python 3.10 or later and, for the two Parquet files only, pyarrow from PyPI:

    pip install pyarrow==26.0.1
    python3 generate.py            # writes data/ beside this file
    python3 generate.py DIR        # writes somewhere else, to compare

The same bytes come out of every run: each table draws from a stream of its own, seeded by its name
(so that a new table changes no other), only `random()` is used (the one method whose sequence Python
promises to keep), and nothing depends on the clock, the locale or the order of sets. Another pyarrow
or zlib writes the same rows into other bytes.
"""

import csv
import gzip
import io
import random
import sys
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

SEED = "nordwind-1"
FIRST = date(2023, 2, 1)
LAST = date(2026, 1, 31)  # the project's as-of

# ---------------------------------------------------------------- the people and what they are like

# id: name, team, hired, left (the first day away), weight in the opening, weight in new business,
# times the win rate, times the churn, satisfaction
REPS = {
    "R1": ("Inés Castaño", "South", date(2018, 3, 1), None, 13, 11, 0.90, 1.0, 0.00),
    "R2": ("Jürgen Vogelsang", "Central", date(2017, 9, 1), None, 24, 17, 0.95, 1.7, -0.10),
    "R3": ("Zofia Łukasiewicz", "Central", date(2019, 5, 2), None, 12, 11, 0.85, 1.0, 0.00),
    "R4": ("Νίκος Παπαδάκης", "South", date(2019, 1, 7), date(2024, 9, 1), 14, 10, 0.75, 1.2, -0.08),
    "R5": ("Ayşe Demir", "North", date(2020, 2, 3), None, 12, 18, 1.55, 0.3, 0.34),
    "R6": ("Åsa Öberg", "North", date(2021, 6, 1), None, 12, 10, 0.85, 0.9, 0.02),
    "R7": ("佐藤 美咲", "Asia", date(2024, 3, 1), None, 0, 12, 0.95, 0.9, 0.05),
    "R8": ("Óscar Ibarretxe", "South", date(2022, 11, 2), None, 13, 11, 0.80, 1.1, -0.03),
}
TEAM, HIRED, LEFT, OPENING, HUNTING, WINS, CHURN, JOY = range(1, 9)

# channel: weight among won deals, chance to win (None: nobody wrote it down)
CHANNELS = {
    "referral": (32, 0.50),
    "event": (17, 0.29),
    "web": (16, 0.25),
    "email": (13, 0.19),
    "cold_call": (11, 0.12),
    None: (8, 0.22),
}

# segment: accounts at the opening, new ones in 2023, 2024 and from 2025, monthly fee in cents,
# churn per month in 2023, 2024 and from 2025, interactions per month, promised hours
SEGMENTS = {
    "enterprise": ((8, 3, 2, 1), (250_000, 500_000), (0.001, 0.001, 0.002), 3.0, 24),
    "mid": ((22, 8, 8, 4), (90_000, 220_000), (0.002, 0.003, 0.007), 1.2, 48),
    "small": ((58, 20, 24, 20), (20_000, 70_000), (0.003, 0.005, 0.038), 0.45, 72),
}

# country: region, weight, first words, second words
COUNTRIES = {
    "ES": ("South", 28,
           ["Bodegas", "Talleres", "Panadería", "Cerámicas", "Óptica", "Librería", "Conservas", "Muebles"],
           ["Muñoz", "Ibáñez", "Peñarroya", "del Júcar", "Güell", "Núñez e Hijas", "Echeñique", "La Viñuela"]),
    "PL": ("Central", 15,
           ["Kowalski", "Źródło", "Łąka", "Żuraw", "Świt", "Dąb", "Gołąb"],
           ["i Synowie", "Sp. z o.o.", "Spółka Jawna", "Logistyka", "Meble", "Częstochowa"]),
    "DE": ("Central", 15,
           ["Müller", "Bäckerei Groß", "Königsberg", "Weißenfels", "Süd", "Jäger", "Grünwald"],
           ["Söhne & Co. KG", "Maschinenbau", "Werkzeuge, Los 2", "Vertrieb GmbH", "Großhandel", "Öle"]),
    "GR": ("South", 10,
           ["Αιγαίο", "Όλυμπος", "Κυκλάδες", "Παπαδόπουλος", "Ήλιος", "Θάλασσα"],
           ["Α.Ε.", "& Υιοί", "Τρόφιμα", "Ναυτιλιακή", "Κεραμικά"]),
    "FR": ("Central", 9,
           ["Pâtisserie", "Forêt", "Équipement", "Atelier", "Île"],
           ["d'Azur", "Lefèvre", "\"Chez Zoë\"", "Noël frères", "des Garçons"]),
    "JP": ("Asia", 9, ["東海", "さくら", "富士見", "北斗", "みなと"],
           ["精密工業", "商事", "食品", "電機", "サービス"]),
    "SE": ("North", 6, ["Björk", "Ålesund", "Smörgås", "Norrsken", "Sjö"],
           ["& Söner AB", "Åkeri", "Möbler", "Fiskeri"]),
    "CZ": ("Central", 5, ["Říčany", "Dvořák", "Žižkov", "Šťastný"],
           ["s.r.o.", "a dcery", "Strojírny", "Pekárna"]),
    "UA": ("Central", 2, ["Зоря", "Їжак", "Ґанок"], ["ТОВ", "і партнери", "Логістика"]),
    "AE": ("Asia", 1, ["شركة النور", "مؤسسة الخليج"], ["للتجارة", "للخدمات"]),
}
INDUSTRIES = ["manufacturing", "food", "retail", "logistics", "health", "public sector"]


class Dice:
    """Draws for one table."""

    def __init__(self, stream):
        self.roll = random.Random(f"{SEED}/{stream}").random

    def chance(self, p):
        return self.roll() < p

    def whole(self, low, high):
        return low + int(self.roll() * (high - low + 1))

    def real(self, low, high):
        return low + self.roll() * (high - low)

    def pick(self, things):
        return things[int(self.roll() * len(things))]

    def weighted(self, weights):
        at = self.roll() * sum(w for _, w in weights)
        for thing, weight in weights:
            at -= weight
            if at < 0:
                return thing
        return weights[-1][0]

    def count(self, mean):
        tries = max(4, int(mean * 2) + 1)
        return sum(self.chance(mean / tries) for _ in range(tries))

    def day(self, low, high):
        return low + timedelta(days=self.whole(0, (high - low).days))

    def office_hour(self, day):
        while day.weekday() > 4:
            day += timedelta(days=1)
        return datetime.combine(day, time(self.whole(8, 18), self.whole(0, 59)))


def month_after(day, months):
    """The same day some months on; days past the 28th are not used with it."""
    at = day.year * 12 + day.month - 1 + months
    return date(at // 12, at % 12 + 1, day.day)


def months():
    return [month_after(FIRST, i) for i in range(36)]


def season(day):
    """0 for 2023, 1 for 2024, 2 from 2025: the last year is the one that goes wrong."""
    return max(0, min(2, day.year - 2023))


def money(cents):
    return Decimal(cents).scaleb(-2).quantize(Decimal("0.01"))


def at_work(rep, day):
    left = REPS[rep][LEFT]
    return REPS[rep][HIRED] <= day and (left is None or day < left)


# ---------------------------------------------------------------- accounts and who looks after them

def make_accounts():
    """The opening, the new ones, and the two that grow."""
    dice = Dice("accounts")
    accounts, names = [], set()

    def add(segment, start, fresh):
        country = dice.weighted([(c, v[1]) for c, v in COUNTRIES.items()])
        region, _, heads, tails = COUNTRIES[country]
        people = [(r, v[HUNTING if fresh else OPENING]) for r, v in REPS.items()
                  if not fresh or at_work(r, start - timedelta(days=30))]
        name = f"{dice.pick(heads)} {dice.pick(tails)}"
        while name in names:
            name = f"{dice.pick(heads)} {dice.pick(tails)}"
        names.add(name)
        low, high = SEGMENTS[segment][1]
        heads_low, heads_high = {"enterprise": (400, 3000), "mid": (60, 390), "small": (2, 55)}[segment]
        accounts.append({
            "name": name,
            "segment": segment, "true_segment": segment, "country": country, "region": region,
            "industry": dice.pick(INDUSTRIES), "employees": dice.whole(heads_low, heads_high),
            "channel": dice.weighted([(c, v[0]) for c, v in CHANNELS.items()]),
            "rep": dice.weighted(people), "fee": dice.whole(low // 500, high // 500) * 500,
            "started_on": start, "fresh": fresh, "giant": False, "pilot": False,
            "is_key": segment == "enterprise" or (segment == "mid" and dice.chance(0.2)),
            "gap": None, "bill_day": dice.whole(1, 25),
            "every": 3 if segment == "small" and dice.chance(0.4) else 1,
        })

    for segment, (numbers, _, _, _, _) in SEGMENTS.items():
        for year, number in zip((None, 2023, 2024, 2025), numbers):
            for _ in range(number):
                if year is None:
                    add(segment, dice.day(date(2017, 10, 1), date(2023, 1, 31)), fresh=False)
                else:
                    low = date(2023, 3, 15) if year == 2023 else date(year, 1, 1)
                    high = date(2026, 1, 28) if year == 2025 else date(year, 12, 31)
                    add(segment, dice.day(low, high), fresh=True)
    for name, country, start, channel, fee in [
        ("Aurora Robótica S.A.", "ES", date(2021, 4, 12), "event", (750_000, 10_000_000)),
        ("東海道ロジスティクス", "JP", date(2021, 10, 4), "referral", (620_000, 8_800_000)),
    ]:
        add("enterprise", start, fresh=False)
        accounts[-1].update(name=name, country=country, region=COUNTRIES[country][0], channel=channel,
                            rep="R2", giant=True, is_key=True, growth=fee, employees=4_200)

    accounts.sort(key=lambda a: (a["started_on"], a["name"], a["fee"]))
    for number, account in enumerate(accounts, 1):
        account["account_id"] = f"A{number:03d}"
    plain = [a for a in accounts if not a["giant"]]
    plain[90]["name"] = plain[40]["name"]  # two customers of one name
    plain[120].update(name="شركة النور للتجارة", country="AE", region="Asia")  # read from right to left
    for account in plain:  # what was never typed in
        if dice.chance(0.045):
            account["segment"] = None
        if dice.chance(0.03):
            account["region"] = None
        if dice.chance(0.05):
            account["employees"] = None
        if account["channel"] == "referral" and dice.chance(0.85):
            older = [a for a in accounts if a["started_on"] < account["started_on"]]
            account["referred_by"] = dice.pick(older)["account_id"] if older else None
    for account in [a for a in plain if a["true_segment"] == "small" and a["fresh"]][4::13]:
        account["pilot"] = True  # an account, but never a contract or an invoice
    for account in [a for a in plain if not a["fresh"] and a["true_segment"] != "enterprise"][3::13]:
        leaves = date(2023, 9, 1) + timedelta(days=dice.whole(0, 420))
        account["gap"] = (leaves, leaves + timedelta(days=dice.whole(110, 280)))
    return accounts


def make_owners(accounts):
    """Spans without a gap or an overlap: who looked after the account from which day on."""
    dice = Dice("owners")
    hired, left = REPS["R7"][HIRED], REPS["R4"][LEFT]
    for number, account in enumerate(accounts):
        spans = [[account["rep"], account["started_on"]]]
        lends = account["rep"] in ("R1", "R3", "R6", "R8")
        if lends and account["started_on"] < hired and dice.chance(0.18):
            spans.append(["R7", hired + timedelta(days=dice.whole(0, 45))])
        if account["rep"] == "R4":
            heir = dice.weighted([("R7", 9), ("R1", 4), ("R6", 4), ("R8", 3), ("R5", 2)])
            spans = spans[:account["started_on"] < left] + [[heir, max(left, account["started_on"])]]
        elif number % 13 == 5 and not account["giant"]:
            low = max(account["started_on"], FIRST) + timedelta(days=60)
            if low < date(2025, 12, 1):
                day = dice.day(low, date(2025, 12, 1))
                if number % 2:  # on the very day of an invoice
                    day = day.replace(day=account["bill_day"])
                heirs = [r for r in REPS if at_work(r, day) and r != spans[-1][0]]
                if day > spans[-1][1]:
                    spans.append([dice.pick(heirs), day])
                    if spans[-1][0] == "R4":
                        spans.append(["R8", left])
        account["owners"] = spans


def owner(account, day):
    """Whoever had the account on that day; before the first day, the first owner."""
    found = account["owners"][0][0]
    for rep, since in account["owners"]:
        if since <= day:
            found = rep
    return found


def make_lives(accounts):
    """Spans [from, to) in which the account is a customer, and why the last one ended."""
    dice = Dice("lives")
    for account in accounts:
        start, gap = account["started_on"], account["gap"]
        account["lives"] = [[start, None]]
        if gap:
            account["lives"] = [[start, gap[0]], [gap[1], None]]
        account["ended_on"], account["how"], account["left_because"] = None, None, None
        if account["giant"]:
            continue
        since = account["lives"][-1][0]
        for month in months():
            if month <= month_after(since.replace(day=1), 3):
                continue
            risk = SEGMENTS[account["true_segment"]][2][season(month)]
            risk *= REPS[owner(account, month)][CHURN]
            if account["pilot"]:
                risk = 0.04
            if dice.chance(risk):
                how = dice.weighted([("cancelled", 55), ("expired", 35), ("unpaid", 10)])
                end = month_after(month, 1) if how == "expired" else month + timedelta(days=dice.whole(1, 27))
                if end <= LAST:
                    account["lives"][-1][1] = account["ended_on"] = end
                    account["how"] = how
                break
        account["left_because"] = {"cancelled": "cancelled", "expired": "not_renewed", "unpaid": "unpaid",
                                   None: None}[account["how"]]
        last = account["ended_on"] or date(9999, 12, 31)
        account["owners"] = [s for i, s in enumerate(account["owners"]) if i == 0 or s[1] < last]


def forget_reasons(accounts):
    """Nobody asked every customer why."""
    gone = [a for a in accounts if a["ended_on"]]
    for account in gone[7::19]:
        account["left_because"] = None


def alive(account, day):
    return any(a <= day and (b is None or day < b) for a, b in account["lives"])


# ---------------------------------------------------------------- contracts, opportunities, invoices

def make_contracts(accounts):
    """A chain of contracts for each life; `ends_on` is the last day, so the next starts the day after."""
    dice = Dice("contracts")
    rows = []
    for account in accounts:
        account["contracts"] = []
        if account["pilot"]:
            continue
        term = 3 if account["giant"] else 24 if account["true_segment"] == "enterprise" else 12
        fee, services = account["fee"], dice.whole(1, 3)
        for life, (begin, end) in enumerate(account["lives"]):
            start, before = begin, None
            while start <= LAST and (end is None or start < end):
                after = month_after(start.replace(day=min(start.day, 28)), term)
                if after > FIRST:
                    if account["giant"]:
                        low, high = account["growth"]
                        i = max(0, (start.year - 2023) * 12 + start.month - 2)
                        fee = low + (high - low) * i * i // (35 * 35) // 500 * 500
                        services = 2 + i // 6
                    last = after if end is None or end >= after else end
                    row = {"account": account, "started_on": start, "ends_on": last - timedelta(days=1),
                           "mrr": fee, "services": services, "renews": before,
                           "cancelled_on": None, "voluntary": None}
                    if last == end and (life < len(account["lives"]) - 1 or account["how"] != "expired"):
                        notice = timedelta(days=dice.whole(10, 45))
                        row["cancelled_on"] = max(start, last - notice)
                        row["voluntary"] = account["how"] != "unpaid"
                    rows.append(row)
                    account["contracts"].append(row)
                    before = row
                    fee = int(fee * dice.real(0.98, 1.09)) // 500 * 500
                    services += dice.chance(0.25)
                start = after
    rows.sort(key=lambda r: (r["started_on"], r["account"]["account_id"]))
    for number, row in enumerate(rows, 1):
        row["contract_id"] = f"C{number:04d}"
    return rows


def contract_on(account, day):
    for row in account["contracts"]:
        if row["started_on"] <= day <= row["ends_on"]:
            return row
    return None


def make_opportunities(accounts):
    """New business first (each customer won beside the ones that were lost), then the customers'."""
    dice = Dice("opportunities")
    rows = []
    subjects = ["Wartung, Los 2", "Ampliación \"fase dos\"", "導入支援", "Szkolenie", "Συντήρηση", "Pilot"]

    def add(**row):
        row.setdefault("subject", dice.pick(subjects) if dice.chance(0.3) else None)
        rows.append(row)

    def lost_or_open(kind, channel, rep, segment, amount, closed, account=None):
        created = max(FIRST, REPS[rep][HIRED], closed - timedelta(days=dice.whole(15, 130)))
        closed = max(closed, created)
        if closed > LAST:
            add(kind=kind, channel=channel, rep=rep, segment=segment, account=account, stage="open",
                created_on=min(created, LAST), closed_on=None, amount=amount)
        else:
            add(kind=kind, channel=channel, rep=rep, segment=segment, account=account, stage="lost",
                created_on=created, closed_on=closed, amount=amount)

    for number, account in enumerate([a for a in accounts if a["fresh"]]):
        if number % 23 == 7:
            continue  # signed up alone, without a deal
        rep, channel, segment = account["rep"], account["channel"], account["segment"]
        closed = max(FIRST, account["started_on"] - timedelta(days=dice.whole(0, 20)))
        cycle = dice.whole(12, 60) if rep == "R5" else dice.whole(25, 120)
        add(kind="new", channel=channel, rep=rep, segment=segment, account=account, stage="won",
            created_on=min(closed, max(FIRST, REPS[rep][HIRED], closed - timedelta(days=cycle))), closed_on=closed,
            amount=account["fee"] * 12)
        wins = min(0.85, CHANNELS[channel][1] * REPS[rep][WINS])
        for _ in range(dice.count((1 - wins) / wins)):
            day = closed + timedelta(days=dice.whole(-80, 80))
            at = max(FIRST + timedelta(days=10), day)
            who = rep if at_work(rep, at) else dice.pick([r for r in REPS if at_work(r, at)])
            kind_of = dice.weighted([("small", 70), ("mid", 22), ("enterprise", 5), (None, 3)])
            low, high = SEGMENTS[kind_of or "small"][1]
            lost_or_open("new", channel, who, kind_of, dice.whole(low, high) * 12 // 500 * 500, at)

    for _ in range(26):  # what is still open at the end
        created = dice.day(date(2025, 9, 20), LAST)
        segment = "mid" if dice.chance(0.25) else "small"
        low, high = SEGMENTS[segment][1]
        add(kind="new", channel=dice.weighted([(c, v[0] / v[1]) for c, v in CHANNELS.items()]),
            rep=dice.weighted([(r, v[HUNTING]) for r, v in REPS.items() if at_work(r, created)]),
            segment=segment, account=None, stage="open", created_on=created, closed_on=None,
            amount=dice.whole(low, high) * 12 // 500 * 500)

    for account in accounts:
        if account["pilot"]:
            continue
        segment, true_segment = account["segment"], account["true_segment"]
        rate = 0.16 if account["giant"] else {"enterprise": 0.09, "mid": 0.06, "small": 0.018}[true_segment]
        for month in months():
            day = month + timedelta(days=dice.whole(0, 27))
            if not alive(account, day) or not alive(account, day - timedelta(days=90)):
                continue
            rep = owner(account, day)
            if not dice.chance(rate * (1.3 if rep == "R5" else 1.0)):
                continue
            kind = dice.weighted([("upsell", 58), ("cross", 42)])
            amount = int(contract_on(account, day)["mrr"] * dice.real(0.6, 2.4)) // 1000 * 1000
            amount = min(amount, 2_400_000)
            channel = dice.weighted([("email", 26), ("event", 22), ("web", 20), ("referral", 24),
                                     ("cold_call", 4), (None, 10)])
            wins = min(0.8, (0.28 + CHANNELS[channel][1] * 0.55) * REPS[rep][WINS])
            closed = day + timedelta(days=dice.whole(8, 70))
            if dice.chance(wins) and closed <= LAST:
                add(kind=kind, channel=channel, rep=rep, segment=segment, account=account, stage="won",
                    created_on=day, closed_on=closed, amount=amount)
            else:
                lost_or_open(kind, channel, rep, segment, amount, closed, account)
        if account["giant"] or true_segment == "small":
            continue  # framework contracts and small ones are prolonged without a deal
        for row in account["contracts"]:
            due = row["ends_on"]
            if not FIRST + timedelta(days=50) <= due <= LAST + timedelta(days=60):
                continue
            renewed = any(r["renews"] is row for r in account["contracts"])
            closed = due - timedelta(days=dice.whole(0, 40))
            created = closed - timedelta(days=dice.whole(15, 45))
            stage = "open" if closed > LAST else "won" if renewed or due > LAST else "lost"
            if stage == "open" and created > LAST:
                continue
            add(kind="renewal", channel=account["channel"], rep=owner(account, created), segment=segment,
                account=account, stage=stage, created_on=max(FIRST, created),
                closed_on=None if stage == "open" else closed, amount=row["mrr"] * 12)

    rows.sort(key=lambda r: (r["created_on"], r["kind"], r["rep"], r["amount"], r["segment"] or ""))
    for number, row in enumerate(rows, 1):
        end = row["closed_on"] or LAST
        if not at_work(row["rep"], end):  # who leaves hands over what is open
            row["rep"] = owner(row["account"], end) if row["account"] else "R7"
        row["opportunity_id"] = f"{number:06d}"
        row["prospect_id"] = f"P{number:04d}" if row["kind"] == "new" else None
        if number == 200:
            row["subject"] = "Fase 1: auditoría\nFase 2: formación"  # a line break, as CRMs export them
    return rows


def make_invoices(accounts, opportunities):
    """The fees as billed, the one-off deals, credits, and what the books got wrong."""
    dice = Dice("invoices")
    rows = []

    def add(account, day, cents, kind, source, opportunity=None, rep=None):
        cost = dice.real(0.74, 0.82) if account["giant"] else dice.real(0.42, 0.66)
        days = 0 if cents < 0 else dice.whole(5, 38) if account["giant"] else dice.whole(9, 75)
        paid = day + timedelta(days=days)
        if paid > LAST or (cents > 0 and dice.chance(0.02)):
            paid = None
        seller = rep if rep and at_work(rep, day) else owner(account, day)
        row = {"account_id": account["account_id"], "rep_id": seller,
               "opportunity_id": opportunity, "issued_on": day, "paid_on": paid, "kind": kind,
               "source": source, "amount": cents, "cost": int(cents * cost)}
        rows.append(row)
        return row

    for account in accounts:
        won = [o for o in opportunities if o["account"] is account and o["stage"] == "won"]
        deal = next((o["opportunity_id"] for o in won if o["kind"] == "new"), None)
        first = account["fresh"]
        for number, month in enumerate(months()):
            day = month.replace(day=account["bill_day"])
            contract = contract_on(account, day)
            if contract is None or (number + account["bill_day"]) % account["every"]:
                continue
            cents = int(contract["mrr"] * account["every"] * dice.real(0.95, 1.06))
            row = add(account, day, cents, "new" if first else "repeat", account["channel"],
                      deal if first else None)
            first = False
            if dice.chance(0.015) and day + timedelta(days=12) <= LAST:
                back = add(account, day + timedelta(days=dice.whole(2, 12)),
                           -int(row["amount"] * dice.pick([0.1, 0.25, 1.0])), row["kind"], row["source"])
                back["rep_id"] = row["rep_id"]
        for deal_row in won:
            if deal_row["kind"] in ("upsell", "cross"):
                day = deal_row["closed_on"] + timedelta(days=dice.whole(0, 14))
                if day <= LAST:
                    add(account, day, deal_row["amount"], deal_row["kind"], deal_row["channel"],
                        deal_row["opportunity_id"], deal_row["rep"])

    rows.sort(key=lambda r: (r["issued_on"], r["account_id"], r["amount"], r["kind"]))
    for number, row in enumerate(rows, 1):
        row["invoice_id"] = f"{number:06d}"
        if abs(row["amount"]) < 200_000:
            if number % 251 == 17:
                row["account_id"] = None  # booked to nobody
            elif number % 997 == 400:
                row["account_id"] = "A999"  # an account that was deleted
            elif number % 173 == 60:
                row["rep_id"] = None  # ordered alone
            elif number % 211 == 90:
                row["kind"] = None
    return rows


# ---------------------------------------------------------------- what happens between the invoices

def make_touches(opportunities):
    """Contacts on the way to a deal, and with prospects that never became one."""
    dice = Dice("touches")
    rows = []

    def add(prospect, opportunity, rep, channel, at):
        medium = "cold_call" if channel == "cold_call" and dice.chance(0.6) else dice.weighted(
            [("email", 44), ("call", 26), ("video", 18), ("face_to_face", 12)])
        rows.append({"prospect_id": prospect, "opportunity_id": opportunity, "rep_id": rep, "at": at,
                     "direction": "in" if dice.chance(0.3) else "out", "medium": medium,
                     "channel": channel})

    for row in opportunities:
        end = row["closed_on"] or LAST
        if row["kind"] == "renewal":
            number = dice.whole(0, 2)
        elif row["kind"] != "new":
            number = dice.whole(1, 4)
        elif row["stage"] == "won":
            number = dice.whole(3, 6) if row["rep"] == "R5" else dice.whole(5, 11)
        else:
            number = dice.whole(1, 4) if dice.chance(0.6) else dice.whole(9, 17)
        for _ in range(number):
            at = dice.office_hour(dice.day(row["created_on"], end))
            if at.date() <= LAST and at_work(row["rep"], at.date()):
                add(row["prospect_id"], row["opportunity_id"], row["rep"], row["channel"], at)
    for number in range(1, 211):
        channel = dice.weighted([("cold_call", 42), ("email", 28), ("web", 12), ("event", 9),
                                 ("referral", 4), (None, 5)])
        first = dice.day(FIRST, LAST - timedelta(days=3))
        rep = dice.weighted([(r, v[HUNTING]) for r, v in REPS.items() if at_work(r, first)])
        for _ in range(dice.whole(1, 4)):
            at = dice.office_hour(first + timedelta(days=dice.whole(0, 25)))
            if at.date() <= LAST and at_work(rep, at.date()):
                add(f"P9{number:03d}", None, rep, channel, at)
    rows.sort(key=lambda r: (r["at"], r["opportunity_id"] or "", r["prospect_id"] or "", r["medium"]))
    for number, row in enumerate(rows, 1):
        row["touch_id"] = f"T{number:05d}"
    return rows


def make_interactions(accounts):
    """Contacts with customers. Those about to leave go quiet; the best rep is called more, and is quick."""
    dice = Dice("interactions")
    rows = []

    def add(account, at, direction, medium):
        rep = owner(account, at.date())
        minutes = dice.whole(*{"call": (4, 40), "email": (3, 15), "video": (25, 60),
                               "visit": (50, 180)}[medium])
        row = {"account_id": account["account_id"], "rep_id": rep, "at": at, "direction": direction,
               "medium": medium, "minutes": None if dice.chance(0.05) else minutes,
               "sla_hours": None, "resolved_hours": None}
        if direction == "in" and dice.chance(0.6):  # a request, with a promise
            row["sla_hours"] = SEGMENTS[account["true_segment"]][4]
            typical = 5 if rep == "R5" else 26 if rep == "R2" and not account["giant"] else 14
            hours = typical * dice.real(0.3, 1.7) * (dice.real(2, 7) if dice.chance(0.12) else 1)
            if at + timedelta(hours=hours) < datetime.combine(LAST, time(23, 59)) and not dice.chance(0.03):
                row["resolved_hours"] = f"{hours:.1f}"
        if dice.chance(0.04):
            colleagues = [r for r in REPS if at_work(r, at.date()) and r != rep]
            row["rep_id"] = None if dice.chance(0.3) else dice.pick(colleagues)
        rows.append(row)

    for account in accounts:
        rate = 13.0 if account["giant"] else SEGMENTS[account["true_segment"]][3]
        for month in months():
            who = owner(account, month)
            quiet = account["ended_on"] and account["ended_on"] - timedelta(days=120) < month
            mean = rate * (1.35 if who == "R5" else 1.0) * (0.3 if quiet else 1.0)
            for _ in range(dice.count(mean)):
                at = dice.office_hour(month + timedelta(days=dice.whole(0, 26)))
                if at.date() > LAST or not alive(account, at.date()):
                    continue
                inbound = dice.chance(0.6 if who == "R5" else 0.36)
                add(account, at, "in" if inbound else "out", dice.weighted(
                    [("email", 42), ("call", 34), ("video", 16), ("visit", 8)]))
    giant = next(a for a in accounts if a["giant"])
    for text in ["2023-02-01 00:00:00", "2024-02-29 23:59:59", "2024-03-31 02:30:00", "2024-10-27 02:15:00",
                 "2024-12-31 23:59:59", "2025-01-01 00:00:00", "2025-03-30 02:45:00", "2026-01-31 23:59:59",
                 "2026-02-03 10:00:00", "2026-02-10 12:30:00"]:  # borders, clock changes, planned meetings
        add(giant, datetime.fromisoformat(text), "out", "video")
    for row in rows:  # some were resolved in the last minutes of the promise
        if row["resolved_hours"] and abs(float(row["resolved_hours"]) - row["sla_hours"]) < 0.35:
            row["resolved_hours"] = f"{row['sla_hours']:.1f}"
        if row["sla_hours"] == 72 and date(2025, 12, 29) <= row["at"].date() <= date(2025, 12, 31):
            row["resolved_hours"] = None  # still in time when the year ended, and open ever since
    rows.sort(key=lambda r: (r["at"], r["account_id"], r["medium"], r["direction"]))
    for number, row in enumerate(rows, 1):
        row["interaction_id"] = f"I{number:05d}"
    return rows


def make_surveys(accounts, interactions):
    """NPS twice a year for each account, CSAT after some requests; both sour among the small in 2025."""
    dice = Dice("surveys")
    rows = []
    by_id = {a["account_id"]: a for a in accounts}

    def add(account, kind, sent):
        row = {"account_id": account["account_id"], "kind": kind, "sent_on": sent,
               "collected_by": dice.weighted([("email", 70), ("phone", 20), ("crm", 10)]),
               "answered_at": None, "nps": None, "csat": None}
        rows.append(row)
        at = datetime.combine(sent + timedelta(days=dice.whole(0, 12)), time(dice.whole(7, 21), dice.whole(0, 59)))
        if not dice.chance(0.62) or at.date() > LAST:
            return
        row["answered_at"] = at
        joy = 0.60 + REPS[owner(account, sent)][JOY] + (0.28 if account["giant"] else 0)
        if account["true_segment"] == "small" and sent.year >= 2025:
            joy -= 0.17
        if account["ended_on"] and account["ended_on"] - timedelta(days=150) < sent:
            joy -= 0.28
        if dice.chance(0.04):
            return  # answered, but not this question
        if kind == "nps":
            high, mid = dice.chance(joy * 0.85), dice.chance(0.35 + joy * 0.4)
            row["nps"] = dice.whole(9, 10) if high else dice.whole(7, 8) if mid else dice.whole(0, 6)
            if dice.chance(0.02):
                row["nps"] = dice.pick([11, 99])
        else:
            row["csat"] = dice.whole(4, 5) if dice.chance(joy + 0.12) else dice.whole(1, 3)
            if dice.chance(0.015):
                row["csat"] = dice.pick([0, 9])

    for account in accounts:
        shift = dice.whole(0, 5)
        for number, month in enumerate(months()):
            sent = month + timedelta(days=dice.whole(2, 24))
            if number % 6 == shift and alive(account, sent):
                add(account, "nps", sent)
    for row in interactions:
        if row["sla_hours"] and dice.chance(0.5) and row["at"].date() < LAST:
            add(by_id[row["account_id"]], "csat", row["at"].date() + timedelta(days=1))
    rows.sort(key=lambda r: (r["sent_on"], r["account_id"], r["kind"], r["collected_by"]))
    for number, row in enumerate(rows, 1):
        row["survey_id"] = f"S{number:04d}"
    return rows


def make_referrals(accounts, opportunities):
    """Recommendations by customers: those behind a deal (won or not), and those that led to none."""
    dice = Dice("referrals")
    rows = []

    def add(day, account_id, opportunity):
        rows.append({"account_id": account_id, "opportunity_id": opportunity, "referred_on": day,
                     "learned_by": dice.weighted([("conversation", 55), ("form", 35), (None, 10)])})

    def somebody(day):
        """The best rep's customers recommend more often, those about to leave do not."""
        there = [(a["account_id"], 4 if owner(a, day) == "R5" else 2 if a["is_key"] else 1)
                 for a in accounts if alive(a, day) and alive(a, day + timedelta(days=150))]
        return dice.weighted(there)

    for row in opportunities:
        if row["kind"] != "new" or row["channel"] != "referral":
            continue
        day = max(FIRST, row["created_on"] - timedelta(days=dice.whole(0, 12)))
        known = row["account"].get("referred_by") if row["account"] else \
            somebody(day) if dice.chance(0.85) else None
        add(day, known, row["opportunity_id"])
    for _ in range(45):
        day = dice.day(FIRST, LAST)
        add(day, somebody(day), None)
    rows.sort(key=lambda r: (r["referred_on"], r["account_id"] or "", r["opportunity_id"] or ""))
    for number, row in enumerate(rows, 1):
        row["referral_id"] = f"F{number:04d}"
    return rows


def make_mentions(accounts):
    """What is said on social networks, by key accounts and by others (no account)."""
    dice = Dice("mentions")
    rows = []

    def add(account, month, joy):
        at = datetime.combine(month + timedelta(days=dice.whole(0, 26)), time(dice.whole(6, 23), dice.whole(0, 59)))
        if at.date() > LAST or (account and not alive(account, at.date())):
            return
        feeling = dice.weighted([("positive", joy * 100), ("neutral", 30), ("negative", (1 - joy) * 70)])
        rows.append({"account_id": account and account["account_id"], "at": at,
                     "network": dice.weighted([("linkedin", 6), ("x", 3), ("forum", 2)]),
                     "sentiment": None if dice.chance(0.06) else feeling})

    for month in months():
        for account in accounts:
            if account["is_key"]:
                who = owner(account, month)
                mean = 0.7 if account["giant"] else 0.22 if who == "R5" else 0.12
                for _ in range(dice.count(mean)):
                    add(account, month, 0.55 + REPS[who][JOY] + (0.25 if account["giant"] else 0))
        for _ in range(dice.count(3.0)):
            add(None, month, 0.5 if season(month) < 2 else 0.3)
    rows.sort(key=lambda r: (r["at"], r["account_id"] or "", r["network"]))
    for number, row in enumerate(rows, 1):
        row["mention_id"] = f"M{number:04d}"
    return rows


def make_goals(accounts):
    """What customers wanted to reach with us: some are not measured, some only want to hold a level."""
    dice = Dice("goals")
    rows = []
    # name: leading or lagging, baseline, part by which it is to change
    kinds = {
        "people trained": ("leading", (2, 20), (0.4, 1.2)),
        "use of the portal, %": ("leading", (10, 55), (0.2, 0.6)),
        "orders on time, %": ("lagging", (60, 88), (0.03, 0.12)),
        "hours of standstill": ("lagging", (8, 60), (-0.5, -0.15)),
        "stock, thousand EUR": ("lagging", (40, 900), (-0.3, -0.08)),
    }
    for account in accounts:
        if account["pilot"] or (account["true_segment"] == "small" and not dice.chance(0.3)):
            continue
        for month in months()[::6]:
            agreed = month + timedelta(days=dice.whole(0, 80))
            if not alive(account, agreed) or not dice.chance(0.75):
                continue
            for name in ["people trained", "use of the portal, %"][dice.whole(0, 1):][:1] + \
                    ["orders on time, %", "hours of standstill", "stock, thousand EUR"][dice.whole(0, 2):][:1]:
                indicator, base, change = kinds[name]
                baseline = dice.whole(*base) * 10
                target = baseline if dice.chance(0.04) else int(baseline * (1 + dice.real(*change)))
                due = agreed + timedelta(days=dice.whole(120, 240))
                joy = 0.55 + REPS[owner(account, agreed)][JOY] + (0.1 if indicator == "leading" else 0)
                if account["ended_on"] and account["ended_on"] - timedelta(days=240) < due:
                    joy -= 0.3
                part = dice.real(1.0, 1.3) if dice.chance(joy) else dice.real(-0.2, 0.98)
                actual = int(baseline + (target - baseline) * part) if target != baseline else \
                    int(baseline * (0.9 + 0.15 * part))
                measured = due <= LAST and alive(account, due) and not dice.chance(0.08)
                rows.append({"account_id": account["account_id"], "name": name, "indicator": indicator,
                             "agreed_on": agreed, "due_on": due, "weight": dice.whole(1, 3),
                             "baseline": f"{baseline / 10:.1f}", "target": f"{target / 10:.1f}",
                             "actual": f"{actual / 10:.1f}" if measured else None})
    rows.sort(key=lambda r: (r["agreed_on"], r["account_id"], r["name"]))
    for number, row in enumerate(rows, 1):
        row["goal_id"] = f"G{number:04d}"
    return rows


def make_employee_surveys():
    """Four times a year, without names; finance and people are too few to be shown."""
    dice = Dice("employee surveys")
    rows = []
    areas = {"sales": (8, 0.62), "support": (11, 0.66), "delivery": (13, 0.60), "finance": (4, 0.55),
             "people": (3, 0.70)}
    for year, month in [(y, m) for y in (2023, 2024, 2025) for m in (3, 6, 9, 12)][1:]:
        sent = date(year, month, 4)
        for area, (staff, joy) in areas.items():
            if area == "support":  # more requests, the same hands
                joy -= {2023: 0, 2024: 0.06, 2025: 0.30}[year]
            for _ in range(staff):
                row = {"area": area, "sent_on": sent, "answered_on": None, "recommend": None}
                rows.append(row)
                if not dice.chance(0.74):
                    continue
                row["answered_on"] = sent + timedelta(days=dice.whole(0, 14))
                if dice.chance(0.03):
                    continue  # answered, but not this question
                high, mid = dice.chance(joy * 0.75), dice.chance(0.5)
                row["recommend"] = dice.whole(9, 10) if high else dice.whole(7, 8) if mid else dice.whole(0, 6)
                if dice.chance(0.012):
                    row["recommend"] = 11
    rows.sort(key=lambda r: (r["sent_on"], r["answered_on"] or date.max, r["area"], r["recommend"] or -1))
    for number, row in enumerate(rows, 1):
        row["response_id"] = f"E{number:04d}"
    return rows


def answer_twice(surveys):
    """Some answer a survey again: both answers are in the file, and the later one is meant."""
    dice = Dice("second answers")
    first = []
    for number, row in enumerate(surveys):
        at, kind = row["answered_at"], row["kind"]
        if at is None or (number % 41 != 3 and row[kind] != 99):
            continue
        before = at - timedelta(hours=dice.whole(1, 60), minutes=dice.whole(0, 59))
        score = dice.whole(0, 10) if kind == "nps" else dice.whole(1, 5)
        first.append(dict(row, **{"answered_at": max(before, datetime.combine(row["sent_on"], time(6, 30))),
                                  kind: None if dice.chance(0.1) else score}))
    twice = next(r for r in surveys if r["nps"] == 9)  # sent twice within a second
    first.append(dict(twice, nps=3))
    last = datetime.max
    return sorted(surveys + first, key=lambda r: (r["survey_id"], r["answered_at"] or last, r["nps"] or -1))


# ---------------------------------------------------------------- files

def csv_text(header, rows, **style):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n", **style)
    writer.writerow(header)
    writer.writerows(["" if v is None else v for v in row] for row in rows)
    return out.getvalue()


def plain_csv(columns, rows):
    return csv_text(columns, [[row[c] for c in columns] for row in rows]).encode("utf-8")


def zipped(content):
    out = io.BytesIO()
    with gzip.GzipFile(filename="", fileobj=out, mode="wb", mtime=0) as file:  # no name, no clock
        file.write(content)
    return out.getvalue()


def excel_csv(contracts):
    """As a Spanish Excel saves it: semicolons, decimal commas, its own dates and code page."""
    def day(value):
        return value and value.strftime("%d/%m/%Y")

    def amount(cents):
        return f"{money(cents):,}".translate(str.maketrans(",.", ".,"))

    plans = {1: "Básico", 2: "Estándar"}
    header = ["Nº contrato", "Cuenta", "Plan", "Servicios", "Inicio", "Fin", "Cuota mensual", "Baja",
              "Voluntaria", "Renueva a"]
    rows = [[r["contract_id"], r["account"]["account_id"], plans.get(r["services"], "Ampliado"), r["services"],
             day(r["started_on"]), day(r["ends_on"]), amount(r["mrr"]), day(r["cancelled_on"]),
             None if r["voluntary"] is None else str(r["voluntary"]).lower(),
             r["renews"] and r["renews"]["contract_id"]] for r in contracts]
    return csv_text(header, rows, delimiter=";").replace("\n", "\r\n").encode("windows-1252")


def parquet(path, columns, rows):
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {"text": pa.string(), "date": pa.date32(), "money": pa.decimal128(12, 2),
             "integer": pa.int32(), "boolean": pa.bool_()}
    arrays = [pa.array([money(r[name]) if kind == "money" else r.get(name) for r in rows], kinds[kind])
              for name, kind in columns.items()]
    pq.write_table(pa.Table.from_arrays(arrays, names=list(columns)), path, compression="zstd",
                   row_group_size=1024, version="2.6")


def write(folder, accounts, contracts, opportunities, invoices, touches, interactions, surveys, referrals,
          mentions, goals, employee_surveys):
    folder.mkdir(parents=True, exist_ok=True)
    for account in accounts:
        account["owner_id"] = account["owners"][-1][0]
        account["returned_on"] = account["gap"] and account["gap"][1]
    parquet(folder / "accounts.parquet", {
        "account_id": "text", "name": "text", "segment": "text", "industry": "text", "country": "text",
        "region": "text", "employees": "integer", "is_key": "boolean", "channel": "text",
        "referred_by": "text", "owner_id": "text", "started_on": "date", "ended_on": "date",
        "returned_on": "date", "left_because": "text"}, accounts)
    parquet(folder / "invoices.parquet", {
        "invoice_id": "text", "account_id": "text", "rep_id": "text", "opportunity_id": "text",
        "issued_on": "date", "paid_on": "date", "kind": "text", "source": "text", "amount": "money",
        "cost": "money"}, invoices)

    reps = [{"rep_id": r, "name": v[0], "team": v[TEAM], "hired_on": v[HIRED], "left_on": v[LEFT]}
            for r, v in REPS.items()]
    owners = []
    for account in accounts:
        ends = [since for _, since in account["owners"][1:]] + [None]
        owners += [{"account_id": account["account_id"], "rep_id": rep,
                    "valid_from": max(since, REPS[rep][HIRED]), "valid_to": end}
                   for (rep, since), end in zip(account["owners"], ends)]
    deals = [dict(o, account_id=o["account"] and o["account"]["account_id"], rep_id=o["rep"],
                  amount=money(o["amount"])) for o in opportunities]
    files = {
        "reps.csv": plain_csv(["rep_id", "name", "team", "hired_on", "left_on"], reps),
        "account_owners.csv": plain_csv(["account_id", "rep_id", "valid_from", "valid_to"], owners),
        "contracts.csv": excel_csv(contracts),
        "opportunities.csv": plain_csv(
            ["opportunity_id", "prospect_id", "account_id", "rep_id", "subject", "segment", "kind", "channel",
             "stage", "created_on", "closed_on", "amount"], deals),
        "touches.csv.gz": zipped(plain_csv(
            ["touch_id", "prospect_id", "opportunity_id", "rep_id", "at", "direction", "medium", "channel"],
            touches)),
        "interactions.csv": plain_csv(
            ["interaction_id", "account_id", "rep_id", "at", "direction", "medium", "minutes", "sla_hours",
             "resolved_hours"], interactions),
        "surveys.csv": plain_csv(
            ["survey_id", "account_id", "kind", "collected_by", "sent_on", "answered_at", "nps", "csat"], surveys),
        "referrals.csv": plain_csv(
            ["referral_id", "account_id", "opportunity_id", "referred_on", "learned_by"], referrals),
        "mentions.csv": plain_csv(["mention_id", "account_id", "at", "network", "sentiment"], mentions),
        "goals.csv": plain_csv(
            ["goal_id", "account_id", "name", "indicator", "agreed_on", "due_on", "weight", "baseline", "target",
             "actual"], goals),
        "employee_surveys.csv": plain_csv(
            ["response_id", "area", "sent_on", "answered_on", "recommend"], employee_surveys),
    }
    files["quotas.csv"] = plain_csv(["rep", "from", "won"], make_quotas())
    files["company_goals.csv"] = plain_csv(["from", "churn", "renewal", "nps"], make_company_goals())
    for name, content in files.items():
        (folder / name).write_bytes(content)


# Yearly growth of what is wanted of each rep, and when it began: a year's quota is four equal quarters.
QUOTAS = {"R1": 36000, "R2": 90000, "R3": 36000, "R4": 30000, "R5": 54000, "R6": 24000, "R7": 34000, "R8": 36000}


def make_quotas():
    """What each rep is to win in a quarter; 0 from when somebody left."""
    rows = []
    for rep, base in QUOTAS.items():
        for year in (2023, 2024, 2025, 2026):
            for quarter in (1, 2, 3, 4):
                if year == 2026 and quarter > 1 or rep == "R7" and (year, quarter) < (2024, 2):
                    continue
                gone = rep == "R4" and (year, quarter) > (2024, 3)
                if gone and (year, quarter) != (2024, 4):
                    continue
                amount = 0 if gone else base * (100 + 5 * (year - 2023)) // 100 // 100 * 100
                rows.append({"rep": rep, "from": f"{year}-{quarter * 3 - 2:02}-01", "won": amount})
    return rows


def make_company_goals():
    """What the company wants of every quarter, for all of it and for each part."""
    return [
        {"from": "2023-01-01", "churn": "0.08", "renewal": "0.75", "nps": "0.20"},
        {"from": "2024-01-01", "churn": "0.07", "renewal": "0.80", "nps": "0.25"},
        {"from": "2025-01-01", "churn": "0.06", "renewal": "0.80", "nps": "0.25"},
    ]


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "data"
    accounts = make_accounts()
    make_owners(accounts)
    make_lives(accounts)
    contracts = make_contracts(accounts)
    opportunities = make_opportunities(accounts)
    invoices = make_invoices(accounts, opportunities)
    touches = make_touches(opportunities)
    interactions = make_interactions(accounts)
    surveys = answer_twice(make_surveys(accounts, interactions))
    forget_reasons(accounts)
    referrals = make_referrals(accounts, opportunities)
    mentions = make_mentions(accounts)
    goals = make_goals(accounts)
    employee_surveys = make_employee_surveys()
    write(folder, accounts, contracts, opportunities, invoices, touches, interactions, surveys, referrals,
          mentions, goals, employee_surveys)
    tables = {"accounts": accounts, "contracts": contracts, "opportunities": opportunities,
              "invoices": invoices, "touches": touches, "interactions": interactions, "surveys": surveys,
              "referrals": referrals, "mentions": mentions, "goals": goals,
              "employee_surveys": employee_surveys}
    print(", ".join(f"{len(rows)} {name}" for name, rows in tables.items()), file=sys.stderr)


if __name__ == "__main__":
    main()
