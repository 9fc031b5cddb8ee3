"""Expressions as dbt manifests write them (SQL, with `{{ ... }}` references), as trees and as Rumbo formulas.

A tree is a tuple whose first item says what it is: ("num", text), ("str", text), ("bool", b), ("null",), ("name", name),
("ref", n) for the n-th reference, ("bin", op, a, b), ("not", a), ("neg", a), ("isnull", a, negated),
("in", a, [items], negated), ("between", a, low, high, negated), ("like", a, pattern, negated), ("case", [(when, then)], else),
("call", name, [args]), ("cast", a, type).
"""

import ast
import re


class Unsupported(Exception):
    """Something that the language cannot say, or means otherwise; its text is the reason."""


TOKEN = re.compile(
    r"\s*(?:(?P<num>\d+\.?\d*(?:[eE][+-]?\d+)?)|(?P<str>'(?:[^']|'')*')|(?P<id>[A-Za-z_][A-Za-z0-9_$]*|\"[^\"]+\")"
    r"|(?P<op><>|!=|<=|>=|\|\||::|[-+*/%(),.=<>]))"
)
ISO_DAY = re.compile(r"^\d{4}-\d\d-\d\d$")
ISO_TIME = re.compile(r"^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)$")


class Reference:
    """`{{ Dimension('listing__country') }}` and its like, taken apart."""

    def __init__(self, kind, name, grain=None, date_part=None, group_by=()):
        self.kind, self.name, self.grain, self.date_part, self.group_by = kind, name, grain, date_part, tuple(group_by)

    def __repr__(self):
        return f"{self.kind}({self.name}, {self.grain}, {self.date_part}, {self.group_by})"


def reference(text):
    """The reference in a pair of braces."""
    tree = ast.parse(text.strip(), mode="eval").body
    later = {}
    while isinstance(tree, ast.Call) and isinstance(tree.func, ast.Attribute):
        method, args = tree.func.attr, [ast.literal_eval(a) for a in tree.args]
        if method in ("grain", "date_part"):
            later[method] = args[0]
        elif method != "descending":
            raise Unsupported(f"`.{method}` of a reference")
        tree = tree.func.value
    if not (isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name)):
        raise Unsupported(f"the reference `{text}`")
    kind, args = tree.func.id, [ast.literal_eval(a) for a in tree.args]
    named = {k.arg: ast.literal_eval(k.value) for k in tree.keywords}
    name = args.pop(0) if args else named.pop("name", None) or named.pop("time_dimension_name", None)
    path = "__".join(named.get("entity_path") or ())
    if kind == "Metric":
        return Reference(kind, name, group_by=args[0] if args else named.get("group_by", ()))
    grain = args.pop(0) if args else named.get("time_granularity_name") or named.get("time_granularity")
    return Reference(
        kind,
        f"{path}__{name}" if path else name,
        later.get("grain") or grain,
        later.get("date_part") or named.get("date_part_name"),
    )


def parse(text):
    """A tree, and the references in it."""
    refs = []

    def hold(match):
        refs.append(reference(match.group(1)))
        return f" __ref_{len(refs) - 1} "

    return Parser(re.sub(r"\{\{(.*?)\}\}", hold, text, flags=re.S)).whole(), refs


class Parser:
    def __init__(self, text):
        self.text, self.tokens, at = text, [], 0
        text = text.rstrip()
        while at < len(text):
            match = TOKEN.match(text, at)
            if not match:
                raise Unsupported(f"`{text[at:at + 20]}` in an expression")
            self.tokens.append((match.lastgroup, match.group(match.lastgroup)))
            at = match.end()
        self.at = 0

    def peek(self, ahead=0):
        at = self.at + ahead
        return self.tokens[at] if at < len(self.tokens) else (None, None)

    def is_word(self, *words, ahead=0):
        kind, text = self.peek(ahead)
        return kind == "id" and text.upper() in words

    def word(self, *words):
        if self.is_word(*words):
            self.at += 1
            return True
        return False

    def op(self, *ops):
        kind, text = self.peek()
        if kind == "op" and text in ops:
            self.at += 1
            return text
        return None

    def need(self, op):
        if not self.op(op):
            raise Unsupported(f"`{self.text.strip()}`: `{op}` expected")

    def whole(self):
        tree = self.either()
        if self.at != len(self.tokens):
            raise Unsupported(f"`{self.text.strip()}` from `{self.peek()[1]}` on")
        return tree

    def either(self):
        left = self.both()
        while self.word("OR"):
            left = ("bin", "or", left, self.both())
        return left

    def both(self):
        left = self.negation()
        while self.word("AND"):
            left = ("bin", "and", left, self.negation())
        return left

    def negation(self):
        return ("not", self.negation()) if self.word("NOT") else self.comparison()

    def comparison(self):
        left = self.sum()
        while True:
            op = self.op("=", "<>", "!=", "<", "<=", ">", ">=")
            if op:
                left = ("bin", "!=" if op == "<>" else op, left, self.sum())
                continue
            if self.word("IS"):
                negated = self.word("NOT")
                if self.word("NULL"):
                    left = ("isnull", left, negated)
                elif self.word("TRUE", "FALSE"):
                    is_true = self.tokens[self.at - 1][1].upper() == "TRUE"
                    test = ("bin", "=", left, ("bool", is_true))
                    left = ("call", "coalesce", [("not", test), ("bool", True)]) if negated else test
                else:
                    raise Unsupported(f"`IS` in `{self.text.strip()}`")
                continue
            negated = self.is_word("NOT") and self.is_word("IN", "BETWEEN", "LIKE", ahead=1)
            if negated:
                self.at += 1
            if self.word("IN"):
                self.need("(")
                items = [self.either()]
                while self.op(","):
                    items.append(self.either())
                self.need(")")
                left = ("in", left, items, negated)
            elif self.word("BETWEEN"):
                low = self.sum()
                if not self.word("AND"):
                    raise Unsupported(f"`BETWEEN` in `{self.text.strip()}`")
                left = ("between", left, low, self.sum(), negated)
            elif self.word("LIKE"):
                left = ("like", left, self.sum(), negated)
            else:
                return left

    def sum(self):
        left = self.product()
        while True:
            op = self.op("+", "-", "||")
            if not op:
                return left
            left = ("bin", op, left, self.product())

    def product(self):
        left = self.unary()
        while True:
            op = self.op("*", "/", "%")
            if not op:
                return left
            left = ("bin", op, left, self.unary())

    def unary(self):
        if self.op("-"):
            return ("neg", self.unary())
        self.op("+")
        value = self.primary()
        while self.op("::"):
            value = ("cast", value, self.type())
        return value

    def type(self):
        kind, text = self.peek()
        if kind != "id":
            raise Unsupported(f"a type in `{self.text.strip()}`")
        self.at += 1
        return text.upper()

    def primary(self):
        kind, text = self.peek()
        self.at += 1
        if kind == "num":
            return ("num", text)
        if kind == "str":
            return ("str", text[1:-1].replace("''", "'"))
        if kind == "op" and text == "(":
            inside = self.either()
            self.need(")")
            return inside
        if kind != "id":
            raise Unsupported(f"`{self.text.strip()}`")
        upper = text.upper()
        if upper in ("TRUE", "FALSE"):
            return ("bool", upper == "TRUE")
        if upper == "NULL":
            return ("null",)
        if upper == "CASE":
            return self.case()
        if upper == "CAST" and self.op("("):
            value = self.either()
            if not self.word("AS"):
                raise Unsupported(f"`CAST` in `{self.text.strip()}`")
            to = self.type()
            self.need(")")
            return ("cast", value, to)
        if upper in ("DATE", "TIMESTAMP") and self.peek()[0] == "str":
            self.at += 1
            return ("str", self.tokens[self.at - 1][1][1:-1])
        if self.op("("):
            args = []
            if not self.op(")"):
                args.append(self.either())
                while self.op(","):
                    args.append(self.either())
                self.need(")")
            return ("call", text.lower(), args)
        if text.startswith("__ref_"):
            return ("ref", int(text[6:]))
        if self.op("."):
            raise Unsupported(f"`{text}.` in `{self.text.strip()}`")
        return ("name", text.strip('"'))

    def case(self):
        subject = None if self.is_word("WHEN") else self.either()
        branches, otherwise = [], ("null",)
        while self.word("WHEN"):
            when = self.either()
            if subject is not None:
                when = ("bin", "=", subject, when)
            if not self.word("THEN"):
                raise Unsupported("`CASE` without `THEN`")
            branches.append((when, self.either()))
        if self.word("ELSE"):
            otherwise = self.either()
        if not self.word("END"):
            raise Unsupported("`CASE` without `END`")
        return ("case", branches, otherwise)


def walk(tree):
    """The tree and all trees in it."""
    yield tree
    for part in tree[1:]:
        if isinstance(part, tuple):
            yield from walk(part)
        elif isinstance(part, list):
            for item in part:
                if isinstance(item, tuple) and item and isinstance(item[0], str):
                    yield from walk(item)
                else:
                    for each in item:
                        yield from walk(each)


def conjuncts(tree):
    """The conditions that all must hold."""
    if tree[0] == "bin" and tree[1] == "and":
        return conjuncts(tree[2]) + conjuncts(tree[3])
    return [tree]


SAME_IN_RUMBO = {
    "abs", "ceil", "coalesce", "exp", "floor", "greatest", "least", "length", "ln", "lower", "mod", "round", "sqrt", "trim", "upper",
}
MISSING = "1 / 0"  # the language has no literal for it; a division by zero is missing


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def moment(text):
    """A text that is a day or a time, as Rumbo writes it."""
    if ISO_DAY.match(text):
        return text
    match = ISO_TIME.match(text)
    if not match:
        return None
    day, clock = match.groups()
    return day if re.fullmatch(r"00:00(:00(\.0+)?)?", clock) else f"{day}T{clock}"


def cut(x, grain):
    """The first day of the period that a time lies in."""
    month = f"date({x}) - (day({x}) - 1) * 1 day"
    if grain == "hour":
        return f"date({x}) + hour({x}) * 1 hour"
    if grain == "day":
        return f"date({x})"
    if grain == "week":
        return f"date({x}) - (weekday({x}) - 1) * 1 day"
    if grain == "month":
        return month
    if grain == "quarter":
        return f"if(mod(month({x}), 3) = 1, {month}, mod(month({x}), 3) = 2, {month} - 1 month, {month} - 2 months)"
    if grain == "year":
        months = ", ".join(f"month({x}) = {n}, {month} - {n - 1} months" for n in range(2, 12))
        return f"if(month({x}) = 1, {month}, {months}, {month} - 11 months)"
    raise Unsupported(f"times cut to the {grain}")


def render(tree, leaf):
    """A formula.  `leaf(tree)` gives the text of a name or reference, and whether it is a time."""

    def is_time(tree):
        if tree[0] == "cast":
            return tree[2] in ("TIMESTAMP", "DATE", "DATETIME")
        return tree[:2] == ("call", "date_trunc") or (tree[0] in ("name", "ref") and leaf(tree)[1])

    def go(tree, near_time=False):
        kind = tree[0]
        if kind == "num":
            return tree[1]
        if kind == "str":
            return (moment(tree[1]) if near_time else None) or quoted(tree[1])
        if kind == "bool":
            return "true" if tree[1] else "false"
        if kind == "null":
            return f"({MISSING})"
        if kind in ("name", "ref"):
            return leaf(tree)[0]
        if kind == "cast":
            inner = go(tree[1], is_time(tree))
            known = tree[2] in ("TIMESTAMP", "DATE", "DATETIME", "DOUBLE", "FLOAT", "INTEGER", "BIGINT", "INT")
            if not known or (tree[2] in ("INTEGER", "BIGINT", "INT") and tree[1][0] != "num"):
                raise Unsupported(f"`CAST ... AS {tree[2]}`")
            return inner
        if kind == "neg":
            return f"(-{go(tree[1])})"
        if kind == "not":
            return f"(not {go(tree[1])})"
        if kind == "isnull":
            return f"({go(tree[1])} is {'not ' if tree[2] else ''}missing)"
        if kind == "bin":
            op, a, b = tree[1:]
            if op in ("||", "%"):
                raise Unsupported(f"`{op}` of SQL has no counterpart in formulas")
            times = is_time(a) or is_time(b)
            return f"({go(a, times)} {op} {go(b, times)})"
        if kind == "in":
            times = is_time(tree[1])
            items = ", ".join(go(i, times) for i in tree[2])
            return f"({go(tree[1])} {'not ' if tree[3] else ''}in ({items}))"
        if kind == "between":
            times = any(is_time(t) for t in tree[1:4])
            a, low, high = (go(t, times) for t in tree[1:4])
            return f"({a} {'not ' if tree[4] else ''}between {low} and {high})"
        if kind == "like":
            return like(tree, go)
        if kind == "case":
            parts = []
            for when, then in tree[1]:
                # SQL takes the next branch where a condition is NULL, `if` is missing there.
                parts += [f"coalesce({go(when)}, false)", go(then)]
            return f"if({', '.join(parts)}, {go(tree[2])})"
        if kind == "call" and tree[1] == "date_trunc" and len(tree[2]) == 2 and tree[2][0][0] == "str":
            return f"({cut(go(tree[2][1]), tree[2][0][1].lower())})"
        if kind == "call":
            name, args = tree[1], [go(a) for a in tree[2]]
            if name == "nullif" and len(args) == 2:
                return f"if({args[0]} = {args[1]}, {MISSING}, {args[0]})"
            if name in SAME_IN_RUMBO:
                return f"{name}({', '.join(args)})"
            raise Unsupported(f"the SQL function `{name}`")
        raise Unsupported(f"`{kind}` in an expression")

    return go(tree)


def like(tree, go):
    pattern = tree[2]
    if pattern[0] != "str" or "_" in pattern[1] or "%" in pattern[1].strip("%"):
        raise Unsupported("`LIKE` with a pattern inside")
    text, negated = pattern[1], "not " if tree[3] else ""
    middle = quoted(text.strip("%"))
    if text.startswith("%") and text.endswith("%"):
        op = f"{negated}contains"
    elif text.endswith("%"):
        op = f"{negated}starts with"
    elif text.startswith("%"):
        op = f"{negated}ends with"
    else:
        op = "!=" if negated else "="
    return f"({go(tree[1])} {op} {middle})"


def holds(tree, leaf):
    """Whether a condition holds for values of its leaves: used to choose periods of a result, never to compute a value."""
    kind = tree[0]
    if kind == "bin":
        op, a, b = tree[1], holds(tree[2], leaf), holds(tree[3], leaf)
        if op == "and":
            return a and b
        if op == "or":
            return a or b
        if a is None or b is None:
            return None
        table = {"=": a == b, "!=": a != b}
        if op in table:
            return table[op]
        return {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[op]
    if kind == "not":
        inner = holds(tree[1], leaf)
        return None if inner is None else not inner
    if kind == "isnull":
        return (holds(tree[1], leaf) is None) != tree[2]
    if kind == "in":
        return (holds(tree[1], leaf) in [holds(i, leaf) for i in tree[2]]) != tree[3]
    if kind == "between":
        return (holds(tree[2], leaf) <= holds(tree[1], leaf) <= holds(tree[3], leaf)) != tree[4]
    if kind == "cast":
        return holds(tree[1], leaf)
    if kind == "str":
        day = moment(tree[1])
        if day is None or "T" in day:
            raise Unsupported(f"the time {tree[1]!r} in a condition on periods")
        return day
    if kind == "bool":
        return tree[1]
    if kind in ("name", "ref"):
        return leaf(tree)
    raise Unsupported(f"`{kind}` in a condition on periods")
