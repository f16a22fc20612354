"""Seeded mutations of a file: bytes, cells of tables, nodes of YAML and JSON, members of archives."""

from __future__ import annotations

import io
import random
import re
import warnings
import zipfile
from collections.abc import Callable

Mutation = Callable[[bytes, random.Random], bytes]
CELLS = (
    "", " ", "0", "-0", "-1", "1e308", "1e-320", "1e400", "inf", "-inf", "nan", "NaN", "Infinity", "NULL", "NA", "None",
    "true", "false", "yes", "-", "--", "1,5", "1.234,5", "1 234", "12'345", "0x10", "1e", "1_000", "٣", "½", "Ⅷ", "²",
    "99999999999999999999", "9223372036854775808", "-9223372036854775809", "2147483648", "4294967296", "1e18", "0.1e-9",
    "2024-02-30", "2024-02-29", "02-29", "0000-00-00", "9999-12-31", "10000-01-01", "2024-13", "1899-12-31", "24:00",
    "=1+1", "@x", "'", '"', '""', "a\"b", ";", ",", "\t", "~", "#", "<", "<NUMBER OF ZONES> 5", "Origin 1", "*", "&a", "&a *a", "!!python/x",
    "[]", "{}", "[1, 2]", "{a: 1}", "[[[[[]]]]]", "- x", "a: b", ":", "|", ">", "?", "%", "\\", "/", "../..", "\x00", "\x1b[31m", "\x7f", "\x85",
    "\u2028", "\u202e", "\ufeff", "\ud7ff", "\U0001f600", "Қостанай", "کراچی", "ﷺ", "İ", "ß", "e\u0301", "x" * 70, "9" * 400, "KAZ", "PAK", "WLD",
    "LINESTRING (0 0, 1 1)", "LINESTRING (0 0, nan 1)", "POINT (1 2)", "LINESTRING ()", "1;2", ";;", "a_to_b", "total", "2024-25", "H6", "999999",
)  # fmt: skip
RAW = (
    b"\x00",
    b"\xff",
    b"\xfe\xff",
    b"\xef\xbb\xbf",
    b"\r",
    b"\n",
    b"\r\n",
    b"\n\n",
    b'"',
    b"'",
    b",",
    b";",
    b"\t",
    b"\xe2\x80\xa8",
    b"\xc2\x85",
    b"\x1a",
    b"\xd0",
    b"[" * 500,
    b"{" * 500,
)
LONGEST = 200_000
_PARTS = re.compile(r"([,;:\t\n ])")


def mutate(data: bytes, rng: random.Random, mutations: tuple[Mutation, ...]) -> bytes:
    """The data after one to four of the mutations."""
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 4))):
        data = rng.choice(mutations)(data, rng)[:LONGEST]
    return data


def flip(data: bytes, rng: random.Random) -> bytes:
    """One to eight bytes become others."""
    changed = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        if changed:
            changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def cut(data: bytes, rng: random.Random) -> bytes:
    """The beginning, or all but a piece."""
    if len(data) < 2:
        return data
    low, high = sorted(rng.sample(range(len(data)), 2))
    return rng.choice((data[:low], data[high:], data[:low] + data[high:]))


def insert(data: bytes, rng: random.Random) -> bytes:
    """A piece put in between: bytes of consequence, a cell, or a piece of the file itself."""
    at = rng.randint(0, len(data))
    low = rng.randint(0, len(data))
    piece = rng.choice((rng.choice(RAW), _cell(rng), data[low : low + rng.randint(0, 60)]))
    return data[:at] + piece + data[at:]


def swap(data: bytes, rng: random.Random) -> bytes:
    """Two pieces of one length change places."""
    size = rng.randint(1, 12)
    if len(data) < 2 * size + 2:
        return data
    a, b = sorted(rng.sample(range(len(data) - size), 2))
    if b - a < size:
        return data
    return data[:a] + data[b : b + size] + data[a + size : b] + data[a : a + size] + data[b + size :]


def line(data: bytes, rng: random.Random) -> bytes:
    """A line is said again, left out, moved, cut or joined to the next."""
    rows = data.split(b"\n")
    k, j = rng.randrange(len(rows)), rng.randrange(len(rows))
    what = rng.randrange(5)
    if what == 0:
        rows[j:j] = [rows[k]] * rng.choice((1, 1, 2, 50))
    elif what == 1:
        del rows[k]
    elif what == 2:
        rows[k], rows[j] = rows[j], rows[k]
    elif what == 3:
        rows[k] = rows[k][: rng.randint(0, len(rows[k]))]
    else:
        rows[k : k + 2] = [b"".join(rows[k : k + 2])]
    return b"\n".join(rows)


def cell(data: bytes, rng: random.Random) -> bytes:
    """One to three cells or words of a text become others, or change places; other than text is flipped."""
    try:
        parts = _PARTS.split(data.decode("utf-8"))
    except UnicodeDecodeError:
        return flip(data, rng)
    places = [k for k, part in enumerate(parts) if part.strip() and not _PARTS.fullmatch(part)]
    if not places:
        return data + _cell(rng)
    for _ in range(rng.randint(1, 3)):
        k, j = rng.choice(places), rng.choice(places)
        if rng.random() < 0.3:
            parts[k], parts[j] = parts[j], parts[k]
        elif rng.random() < 0.2:
            parts[k] += rng.choice(CELLS)
        else:
            parts[k] = rng.choice(CELLS)
    return "".join(parts).encode("utf-8", "surrogatepass")


def column(data: bytes, rng: random.Random) -> bytes:
    """A column of a comma-separated text is left out, said twice, emptied, filled with one cell or renamed."""
    rows = [row.split(b",") for row in data.split(b"\n")]
    k = rng.randrange(max(len(rows[0]), 1))
    what, value = rng.randrange(5), _cell(rng)
    for number, row in enumerate(rows):
        if k >= len(row):
            continue
        if what == 0:
            del row[k]
        elif what == 1:
            row.insert(rng.choice((k, 0)), row[k])
        elif (what == 2 and number) or (what == 3 and number):
            row[k] = value if what == 3 else b""
        elif what == 4 and not number:
            row[k] = value
    return b"\n".join(b",".join(row) for row in rows)


def recode(data: bytes, rng: random.Random) -> bytes:
    """The text in another encoding, with other line ends or a byte order mark."""
    text = data.decode("utf-8", "replace")
    return rng.choice(
        (
            lambda: text.encode("utf-16"),
            lambda: text.encode("cp1251", "replace"),
            lambda: text.encode("utf-8-sig"),
            lambda: data.replace(b"\n", b"\r"),
            lambda: data.replace(b"\n", b"\r\n"),
            lambda: data.replace(b",", b";"),
            lambda: b"",
        )
    )()


def member(data: bytes, rng: random.Random) -> bytes:
    """A member of a zip or workbook is mutated, left out, renamed or said twice; a broken zip is flipped."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [(info.filename, archive.read(info)) for info in archive.infolist()]
    except Exception:  # an earlier mutation may have broken it in any way
        return flip(data, rng)
    if not members:
        return data
    k = rng.randrange(len(members))
    name, content = members[k]
    what = rng.randrange(8)
    if what == 0:
        del members[k]
    elif what == 1:
        members[k] = (rng.choice(("../x.csv", "x", name + "x", "a/" + name)), content)
    elif what == 2:
        members.append((name + "2", content))
    else:
        members[k] = (name, mutate(content, rng, (_xml, *TEXT)))
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a name said twice is what is wanted
        for name, content in members:
            archive.writestr(name, content)
    return target.getvalue()


def _xml(data: bytes, rng: random.Random) -> bytes:
    """The text of an element or the value of an attribute becomes another."""
    parts = re.split(rb'(>[^<]+<|"[^"]*")', data)
    if len(parts) < 3:
        return flip(data, rng)
    k = rng.randrange(1, len(parts), 2)
    value = _cell(rng).replace(b"<", b"").replace(b'"', b"").replace(b"&", b"")
    parts[k] = b">" + value + b"<" if parts[k].startswith(b">") else b'"' + value + b'"'
    return b"".join(parts)


def _cell(rng: random.Random) -> bytes:
    return rng.choice(CELLS).encode("utf-8", "surrogatepass")


TEXT: tuple[Mutation, ...] = (flip, cut, insert, swap, line, cell, cell, cell, column, recode)
BINARY: tuple[Mutation, ...] = (flip, cut, insert, swap)
ARCHIVE: tuple[Mutation, ...] = (flip, cut, swap, member, member, member, member)
