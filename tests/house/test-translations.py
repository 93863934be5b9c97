#!/usr/bin/env python3
"""The catalogue of texts: in step with the sources, whole in every language, and safe to fill in. Each rule is also tried
on a copy of the tree that breaks it."""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

top = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(top / "tests/support"))
from tap import check, run  # noqa: E402

SOURCES = ["common", "receiver", "sender", "signalling"]
FOLDER = "assets/translations"
QUOTED = r"'(?:[^'\\\n]|\\.)*'"


def text_of(path):
    return path.read_text(encoding="utf-8")


def entries(path):
    """(msgid, msgid_plural, [msgstr…]) of each text of a catalogue."""
    joined = re.sub(r'"\n"', "", text_of(path))
    for block in joined.split("\n\n"):
        found = re.findall(r'^(msgid|msgid_plural|msgstr(?:\[\d\])?) "(.*)"$', block, re.MULTILINE)
        parts = dict(found)
        if parts.get("msgid"):
            yield parts["msgid"], parts.get("msgid_plural"), [text for key, text in found if key.startswith("msgstr")]


def stale(tree):
    """Sentences of sources that the template lacks, or the other way round."""
    with tempfile.TemporaryDirectory() as folder:
        fresh = pathlib.Path(folder) / "fresh.pot"
        subprocess.run([tree / "packaging/translations", fresh], check=True, stderr=subprocess.DEVNULL)
        if text_of(fresh) != text_of(tree / FOLDER / "lectern.pot"):
            now, then = set(text_of(fresh).splitlines()), set(text_of(tree / FOLDER / "lectern.pot").splitlines())
            yield f"run packaging/translations, and translate; e.g. {sorted(now ^ then)[:3]}"


def languages(tree):
    return re.sub(r"#.*", "", text_of(tree / FOLDER / "LINGUAS")).split()


def incomplete(tree):
    for language in languages(tree):
        path = tree / FOLDER / f"{language}.po"
        if not path.exists():
            yield f"{path.name} is not there"
            continue
        done = subprocess.run(["msgcmp", path, tree / FOLDER / "lectern.pot"], capture_output=True, text=True, check=False)
        if done.returncode:
            yield f"{path.name}: {' '.join(done.stderr.split())[:300]}"
        for text, _, translations in entries(path):
            if not all(translations):
                yield f"{path.name} does not translate “{text}”"


def malformed(tree):
    for path in sorted((tree / FOLDER).glob("*.po")):
        done = subprocess.run(["msgfmt", "--check-format", "--check-domain", "-o", "/dev/null", path], capture_output=True,
                              text=True, check=False)
        if done.returncode:
            yield f"{path.name}: {' '.join(done.stderr.split())[:300]}"


def placeholders(tree):
    """{name} and %s stand in a translation as often as in the text; in a plural's form, {n} may be left out."""
    for path in sorted((tree / FOLDER).glob("*.po")):
        for text, many, translations in entries(path):
            wanted = sorted(re.findall(r"\{\w+\}|%[a-z]", text if many is None else many))
            for translation in translations:
                found = sorted(re.findall(r"\{\w+\}|%[a-z]", translation))
                if translation and found != wanted and not (many is not None and found == [one for one in wanted if one != "{n}"]):
                    yield f"{path.name}: “{translation}” does not hold what “{text}” holds"


def unlisted(tree):
    listed = set(languages(tree))
    for path in sorted((tree / FOLDER).glob("*.po")):
        if path.stem not in listed:
            yield f"LINGUAS does not name {path.stem}"


def hidden_texts(tree):
    """A text that is put together at run time is found by no tool."""
    literal = re.compile(rf"\s*{QUOTED}(?:\s*\+\s*{QUOTED})*\s*[,)]")
    for path in sorted((tree / "sender/web/src").rglob("*.ts")):
        text = re.sub(r"/\*.*?\*/|(?<!:)//[^\n]*", "", text_of(path), flags=re.DOTALL)
        for call in re.finditer(r"(?<![\w.])(t|plural)\((?!text: |one: )", text):
            if not literal.match(text, call.end()):
                yield f"{path.relative_to(tree)}: {text[call.start():call.start() + 60]!r} is not a literal text"


WINDOW = "sender/window"
STEPS = [["page-find.c"], ["page-pin.c"], ["page-waiting.c"], ["page-choose.c", "source-choice.c", "profile-choice.c"],
         ["page-sharing.c", "profile-choice.c"], ["page-ended.c"]]
LABEL = r'N?_\("([^"]*)"\)'


def access_keys(tree, files, translated):
    """letter -> the labels of one step of the window that have it; labels in each other's place are one."""
    found = {}
    for name in files:
        text = text_of(tree / WINDOW / name)
        instead = dict(re.findall(rf"\? {LABEL}\s*: {LABEL}", text))
        for label in re.findall(LABEL, text):
            said = translated.get(label, label)
            letter = re.search(r"_(\w)", said) if "_" in label else None
            if letter:
                found.setdefault(letter[1].lower(), set()).add(translated.get(instead.get(label, label), instead.get(label, label)))
            elif "_" in label:
                found.setdefault("", set()).add(said)
    return found


def clashing(tree):
    for language in ["en", *languages(tree)]:
        path = tree / FOLDER / f"{language}.po"
        translated = {text: translations[0] for text, _, translations in entries(path)} if path.exists() else {}
        for files in STEPS:
            for letter, labels in access_keys(tree, files, translated).items():
                if letter == "":
                    yield f"{language}, {files[0]}: no access key in {sorted(labels)}"
                elif len(labels) > 1:
                    yield f"{language}, {files[0]}: Alt+{letter} is {sorted(labels)}"


RULES = {"the template is in step with the sources": stale, "every language is whole": incomplete,
         "catalogues are well-formed": malformed, "placeholders are the same": placeholders,
         "every catalogue is listed": unlisted, "texts are literals": hidden_texts, "access keys are one control's each": clashing}


def change(path, old, new):
    text = text_of(path)
    check(old in text, old, "is not in", path)
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def in_catalogue(language, text, translation):
    """Puts a translation in place of the one that is there."""
    def offence(tree):
        path = tree / FOLDER / f"{language}.po"
        whole = text_of(path)
        changed = re.sub(rf'(msgid "{re.escape(text)}"\nmsgstr )".*"', lambda match: f'{match[1]}"{translation}"', whole)
        check(changed != whole, text, "is not in", path)
        path.write_text(changed, encoding="utf-8")
    return offence


def add_source(text):
    return lambda tree: (tree / "sender/web/src/new.ts").write_text(text, encoding="utf-8")


OFFENCES = {
    "the template is in step with the sources": [
        add_source("t('A new text')\n"),
        lambda tree: (tree / "receiver/new.c").write_text('_("A new text")\n', encoding="utf-8"),
        lambda tree: change(tree / FOLDER / "lectern.pot", 'msgid "Save"', 'msgid "Keep"')],
    "every language is whole": [in_catalogue("de", "Save", ""), lambda tree: (tree / FOLDER / "fr.po").unlink(),
                                lambda tree: change(tree / FOLDER / "ja.po", 'msgid "Save"', 'msgid "Keep"')],
    "catalogues are well-formed": [in_catalogue("de", "Save", "Speichern\\q\" \"")],
    "placeholders are the same": [in_catalogue("es", "Page {page} of {pages}", "Página {page} de {page}"),
                                  in_catalogue("ja", "{browser} on {system}", "{system}のブラウザー")],
    "every catalogue is listed": [lambda tree: change(tree / FOLDER / "LINGUAS", "fr", "")],
    "access keys are one control's each": [
        in_catalogue("de", "Sharp _text", "Scharfer _Text"), in_catalogue("ja", "_Share", "共有"),
        lambda tree: change(tree / WINDOW / "page-sharing.c", "s_ound of this", "sound of _this")],
    "texts are literals": [add_source("t(`A ${kind} text`)\n"), add_source("t(words)\n"), add_source("t('a' + b)\n")],
}


def copy_tree(folder):
    for name in SOURCES:
        shutil.copytree(top / name, folder / name, ignore=shutil.ignore_patterns("build*", "node_modules"))
    shutil.copytree(top / FOLDER, folder / FOLDER)
    (folder / "packaging").mkdir()
    shutil.copy2(top / "packaging/translations", folder / "packaging/translations")


def rule_test(title, rule):
    def test():
        problems = list(rule(top))
        check(not problems, "; ".join(problems[:5]))
    test.__doc__ = title
    return test


def test_offences():
    """Each offence is found by its rule."""
    check(set(OFFENCES) == set(RULES), "a rule is not tried")
    with tempfile.TemporaryDirectory() as folder:
        clean = pathlib.Path(folder) / "clean"
        clean.mkdir()
        copy_tree(clean)
        for title, offences in OFFENCES.items():
            for number, offence in enumerate(offences):
                tree = pathlib.Path(folder) / "tree"
                shutil.copytree(clean, tree)
                offence(tree)
                check(list(RULES[title](tree)), f"offence {number + 1} against “{title}” was not found")
                shutil.rmtree(tree)


def test_tools():
    """xgettext, msgcmp and msgfmt are installed."""
    for name in ("xgettext", "msgcmp", "msgfmt"):
        check(shutil.which(name), name, "is missing: install Debian's gettext")


run(test_tools, *(rule_test(title, rule) for title, rule in RULES.items()), test_offences)
