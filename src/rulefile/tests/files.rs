use std::fs;
use std::path::Path;

use super::*;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    /// The project folder inside the temporary one.
    fn path(&self) -> std::path::PathBuf {
        self.0.path().join("p")
    }

    fn load(&self) -> Loaded {
        self.load_with(&LoadOptions::default())
    }

    fn load_with(&self, options: &LoadOptions) -> Loaded {
        load_at(&self.path(), options)
    }
}

fn load_at(path: &Path, options: &LoadOptions) -> Loaded {
    let (mut map, mut diags) = (SourceMap::new(), Diagnostics::new());
    let project = load(path, options, &mut map, &mut diags);
    Loaded { project, map, diags: diags.sorted() }
}

fn with(vars: &[(&str, &str)], env: &[(&str, &str)]) -> LoadOptions {
    let own =
        |pairs: &[(&str, &str)]| pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    LoadOptions { vars: own(vars), env: own(env), tests: false }
}

#[test]
fn the_default_brings_rules_in_sorted_order() {
    let f = Folder::new(&[
        ("rules/b.yaml", "kpis: {b: x}"),
        ("rumbo.yaml", "kpis: {z: x}"),
        ("rules/a/c.yaml", "kpis: {c: x}"),
        ("rules/.hidden.yaml", "kpis: {h: x}"),
        ("rules/README.md", "no yaml: ["),
    ]);
    let l = f.load();
    assert_eq!(l.told(), Vec::<String>::new());
    assert_eq!(l.project.kpis.keys().collect::<Vec<_>>(), ["z", "h", "c", "b"]);
    let names: Vec<_> = l.map.files().map(|(_, f)| f.name.clone()).collect();
    assert_eq!(names, ["rumbo.yaml", "rules/.hidden.yaml", "rules/a/c.yaml", "rules/b.yaml"]);
}

#[test]
fn files_of_tests_are_read_where_tests_are_asked_for() {
    let test = "x-a: 1\ntests: {t: {expect: {kpi: z, period: 2026-01, value: 1}}}";
    let f = Folder::new(&[
        ("rumbo.yaml", "kpis: {z: x}\ninclude: \"**/*.yaml\""),
        ("rules/z.test.yaml", test),
        ("other/y.test.yaml", "tests: {u: {expect: {kpi: z, period: 2026-01, value: 1}}}\nkpis: {y: x}"),
        ("other/.hidden/x.test.yaml", "nothing: [of this"),
    ]);
    let l = f.load();
    assert_eq!((l.codes(), l.project.tests.len()), (vec![], 0), "{:?}", l.told());
    let l = load_at(&f.path(), &LoadOptions { tests: true, ..LoadOptions::default() });
    assert_eq!(l.codes(), ["E1003"]);
    assert_eq!(l.project.tests.keys().collect::<Vec<_>>(), ["u", "t"]);
    assert_eq!(l.project.kpis.keys().collect::<Vec<_>>(), ["z"]);
}

#[test]
fn another_file_can_be_the_project() {
    let f = Folder::new(&[("other.yaml", "kpis: {z: x}"), ("rules/a.yaml", "kpis: {a: x}")]);
    let l = load_at(&f.path().join("other.yaml"), &LoadOptions::default());
    assert_eq!(l.project.kpis.keys().collect::<Vec<_>>(), ["z", "a"]);
    assert_eq!(f.load().codes(), ["E0111"]);
    assert_eq!(load_at(Path::new("/no/such/place"), &LoadOptions::default()).codes(), ["E0111"]);
}

#[test]
fn includes_are_read_once_and_loops_are_told() {
    let f = Folder::new(&[
        ("rumbo.yaml", "include: [a.yaml, b.yaml, '*.yaml']"),
        ("a.yaml", "include: b.yaml\nkpis: {a: x}"),
        ("b.yaml", "kpis: {b: x}"),
    ]);
    assert_eq!(f.load().told(), Vec::<String>::new());
    let f = Folder::new(&[
        ("rumbo.yaml", "include: a.yaml"),
        ("a.yaml", "include: b.yaml"),
        ("b.yaml", "include: a.yaml\nkpis: {b: x}"),
    ]);
    let l = f.load();
    assert_eq!(l.codes(), ["E0109"]);
    assert_eq!(l.diags.0[0].notes, ["a.yaml -> b.yaml -> a.yaml"]);
    assert_eq!(l.project.kpis.len(), 1);
}

#[test]
fn a_pattern_without_files_and_a_missing_file() {
    let f = Folder::new(&[("rumbo.yaml", "include: [kpi/*.yaml, gone.yaml, rules]"), ("rules/a.yaml", "")]);
    assert_eq!(f.load().codes(), ["E0115", "E0115", "E0115"]);
}

#[test]
fn a_folder_with_pattern_characters_in_its_name() {
    let f = Folder::new(&[("p[1]/rumbo.yaml", ""), ("p[1]/rules/a.yaml", "kpis: {a: x}")]);
    let l = load_at(&f.path().join("p[1]"), &LoadOptions::default());
    assert_eq!(l.project.kpis.len(), 1, "{:?}", l.told());
}

#[test]
fn paths_stay_in_the_project() {
    for path in
        ["../x.csv", "/etc/passwd", "data/../../x.csv", "file:///etc/passwd", "link/x.csv", "link/*.csv"]
    {
        let f = Folder::new(&[("rumbo.yaml", &format!("sources: {{s: {{path: '{path}'}}}}"))]);
        fs::create_dir_all(f.0.path().join("out")).unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(f.0.path().join("out"), f.path().join("link")).unwrap();
        assert_eq!(f.load().codes(), ["E0110"], "{path}");
    }
    for path in
        ["data/x.csv", "data/*.csv", "./data/../x.csv", "https://example.com/x.csv", "s3://b/x.parquet"]
    {
        let f = Folder::new(&[("rumbo.yaml", &format!("sources: {{s: {{path: '{path}'}}}}"))]);
        assert_eq!(f.load().told(), Vec::<String>::new(), "{path}");
    }
    let f = Folder::new(&[(
        "rumbo.yaml",
        "allow_paths: ../out\nsources: {s: {path: ../out/x.csv}, t: {path: ../other}}",
    )]);
    let l = f.load();
    assert_eq!(l.codes(), ["E0110"]);
    assert!(l.project.allow_paths[0].ends_with("out"));
}

#[cfg(unix)]
#[test]
fn an_included_link_may_not_leave() {
    let f = Folder::new(&[("rumbo.yaml", ""), ("rules/a.yaml", "")]);
    fs::write(f.0.path().join("secret.yaml"), "kpis: {s: x}").unwrap();
    std::os::unix::fs::symlink(f.0.path().join("secret.yaml"), f.path().join("rules/l.yaml")).unwrap();
    let l = f.load();
    assert_eq!(l.codes(), ["E0110"]);
    assert!(l.project.kpis.is_empty());
}

#[test]
fn variables() {
    let text = "vars: {A: data, B: env}\nsources: {s: {path: '${A}/${B}/${C}.csv'}}";
    let f = Folder::new(&[("rumbo.yaml", text)]);
    let l = f.load_with(&with(&[("C", "c")], &[("B", "b"), ("A", "no"), ("C", "no")]));
    assert_eq!(l.told(), Vec::<String>::new());
    assert_eq!(l.project.sources["s"].path.as_ref().unwrap().node, "data/b/c.csv");
    let l = f.load_with(&with(&[("A", "${B}"), ("B", "b"), ("C", "c")], &[]));
    assert_eq!(l.project.sources["s"].path.as_ref().unwrap().node, "${B}/b/c.csv");
    assert_eq!(f.load_with(&with(&[], &[("B", "b")])).codes(), ["E0112"]);
    assert_eq!(f.load_with(&with(&[("C", "c")], &[])).codes(), ["E0112"]);
    assert_eq!(f.load_with(&with(&[("C", ".."), ("B", "../..")], &[])).codes(), ["E0110"]);
    let f = Folder::new(&[
        ("rumbo.yaml", "vars: {TEAM: a}\ninclude: '${TEAM}/*.yaml'"),
        ("a/k.yaml", "kpis: {k: x}"),
    ]);
    assert_eq!(f.load().project.kpis.len(), 1);
}

#[test]
fn large_and_foreign_files_are_refused() {
    let f = Folder::new(&[("rumbo.yaml", "")]);
    let file = fs::File::create(f.path().join("rumbo.yaml")).unwrap();
    file.set_len(50 * 1024 * 1024).unwrap();
    let start = std::time::Instant::now();
    assert_eq!(f.load().codes(), ["E0108"]);
    assert!(start.elapsed().as_millis() < 100);
    fs::write(f.path().join("rumbo.yaml"), b"project: a\nkpis: {\xE9: b}\n").unwrap();
    let l = f.load();
    assert!(l.told()[0].starts_with("E0107 2:8"), "{:?}", l.told());
    fs::write(f.path().join("rumbo.yaml"), b"\xFF\xFEk\0").unwrap();
    assert!(f.load().told()[0].contains("UTF-16"));
}

#[test]
fn a_calendar_behind_a_link_is_refused_and_one_in_an_allowed_folder_is_read() {
    let f = Folder::new(&[("rumbo.yaml", "calendar: {periods: cal/445.csv}")]);
    fs::create_dir(f.0.path().join("cal")).unwrap();
    let text = "grain,label,start,end\ng,a,2026-01-01,2026-02-01\n";
    fs::write(f.0.path().join("cal/445.csv"), text).unwrap();
    std::os::unix::fs::symlink(f.0.path().join("cal"), f.path().join("cal")).unwrap();
    assert_eq!(f.load().codes(), ["E0110"]);
    fs::write(f.path().join("rumbo.yaml"), "allow_paths: [../cal]\ncalendar: {periods: ../cal/445.csv}")
        .unwrap();
    let l = f.load();
    assert_eq!(l.told(), Vec::<String>::new());
    assert_eq!(l.project.calendar.grains[0].periods.len(), 1);
    fs::write(f.path().join("rumbo.yaml"), "calendar: {periods: 'https://example.com/445.csv'}").unwrap();
    assert_eq!(f.load().codes(), ["E0115"]);
}
