"""The register for other programs: IATI 2.03 results, iCalendar, Atom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from xml.etree import ElementTree

from karwan.register.register import Held

IATI_STATUS = {"done": "4", "unknown": "1", "not_started": "1", "stalled": "6"}  # implementation is 2
ATOM = "http://www.w3.org/2005/Atom"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


@dataclass(frozen=True)
class Promise:
    """A promise as the feeds tell of it."""

    commitment_id: str
    title: str
    status: str
    due: date | None
    links: Sequence[str] = ()
    share: float | None = None


def iati(promises: Iterable[Promise], *, reporter: str, countries: Sequence[str], moment: str) -> bytes:
    """IATI 2.03: an activity a promise, with its status, planned end, evidence, and share done as a result.

    Parameters
    ----------
    reporter
        Name of who publishes it.
    countries
        ISO 3166-1 alpha-2 codes of the parties.
    moment
        When it was made: 2026-11-29T18:05:00Z.
    """
    root = ElementTree.Element("iati-activities", {"version": "2.03", "generated-datetime": moment})
    for promise in promises:
        root.append(_activity(promise, reporter, countries, moment))
    return _document(root)


def _activity(promise: Promise, reporter: str, countries: Sequence[str], moment: str) -> ElementTree.Element:
    activity = ElementTree.Element(
        "iati-activity", {"last-updated-datetime": moment, XML_LANG: "en", "default-currency": "USD"}
    )
    _text(activity, "iati-identifier", f"XM-KARWAN-{promise.commitment_id}")
    organisation = ElementTree.SubElement(activity, "reporting-org", {"ref": "XM-KARWAN", "type": "10"})
    _narrative(organisation, reporter)
    _narrative(ElementTree.SubElement(activity, "title"), promise.title)
    _narrative(ElementTree.SubElement(activity, "description"), promise.title)
    partner = ElementTree.SubElement(activity, "participating-org", {"role": "4", "type": "10"})
    _narrative(partner, reporter)
    ElementTree.SubElement(activity, "activity-status", {"code": IATI_STATUS.get(promise.status, "2")})
    if promise.due is not None:
        ElementTree.SubElement(activity, "activity-date", {"type": "3", "iso-date": promise.due.isoformat()})
    for country in countries:
        ElementTree.SubElement(
            activity, "recipient-country", {"code": country, "percentage": f"{100 / len(countries):g}"}
        )
    for link in promise.links:
        document = ElementTree.SubElement(activity, "document-link", {"url": link, "format": "text/html"})
        _narrative(ElementTree.SubElement(document, "title"), promise.title)
        ElementTree.SubElement(document, "category", {"code": "A12"})
        ElementTree.SubElement(document, "language", {"code": "en"})
    if promise.share is not None:
        _result(activity, promise, moment)
    return activity


def _result(activity: ElementTree.Element, promise: Promise, moment: str) -> None:
    """The share done, percent, as an output of the activity."""
    result = ElementTree.SubElement(activity, "result", {"type": "1", "aggregation-status": "false"})
    _narrative(ElementTree.SubElement(result, "title"), "Share done")
    indicator = ElementTree.SubElement(result, "indicator", {"measure": "2", "ascending": "true"})
    _narrative(ElementTree.SubElement(indicator, "title"), "Share done, percent")
    period = ElementTree.SubElement(indicator, "period")
    ElementTree.SubElement(period, "period-start", {"iso-date": moment[:10]})
    ElementTree.SubElement(period, "period-end", {"iso-date": moment[:10]})
    ElementTree.SubElement(period, "actual", {"value": f"{100 * (promise.share or 0):g}"})


def calendar(promises: Iterable[Promise], *, moment: str) -> bytes:
    """iCalendar (RFC 5545): a whole-day event for each due date."""
    stamp = moment.replace("-", "").replace(":", "")
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Karwan//Register of the plan//EN"]
    for promise in promises:
        if promise.due is None:
            continue
        lines += [
            "BEGIN:VEVENT",
            f"UID:{promise.commitment_id}@karwan",
            f"DTSTAMP:{stamp}",
            f"DTSTART;VALUE=DATE:{promise.due:%Y%m%d}",
            f"SUMMARY:{_escaped(promise.title)}",
            f"DESCRIPTION:{_escaped(promise.status)}",
            "END:VEVENT",
        ]
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line)).encode()


def _escaped(text: str) -> str:
    for sign in ("\\", ";", ","):
        text = text.replace(sign, "\\" + sign)
    return text.replace("\n", "\\n")


def _folded(line: str) -> Iterable[str]:
    """A line in pieces of at most 75 octets, each but the first begun by a space; no character is cut."""
    piece = ""
    for character in line:
        if len((piece + character).encode()) > 75:
            yield piece
            piece = " "
        piece += character
    yield piece


def atom(held: Sequence[Held], titles: Mapping[str, str], names: Mapping[str, str], *, moment: str) -> bytes:
    """Atom (RFC 4287): an entry for each of the register's, newest first.

    Parameters
    ----------
    titles
        Commitment to title.
    names
        Person to name; who was erased is left as the id.
    """
    root = ElementTree.Element(f"{{{ATOM}}}feed")
    _text(root, f"{{{ATOM}}}id", "urn:karwan:register")
    _text(root, f"{{{ATOM}}}title", "Register of the plan")
    _text(root, f"{{{ATOM}}}updated", held[-1].entry.at if held else moment)
    for one in reversed(held):
        entry = one.entry
        node = ElementTree.SubElement(root, f"{{{ATOM}}}entry")
        _text(node, f"{{{ATOM}}}id", f"urn:karwan:register:{entry.digest}")
        _text(
            node,
            f"{{{ATOM}}}title",
            f"{entry.side}: {entry.kind}, {titles.get(entry.commitment_id, entry.commitment_id)}",
        )
        _text(node, f"{{{ATOM}}}updated", entry.at)
        author = ElementTree.SubElement(node, f"{{{ATOM}}}author")
        _text(author, f"{{{ATOM}}}name", names.get(entry.author, entry.author))
        said = "; ".join(f"{key}: {value}" for key, value in entry.change.items())
        _text(node, f"{{{ATOM}}}summary", f"{said}. {entry.reason}")
    ElementTree.register_namespace("", ATOM)
    return _document(root)


def _text(parent: ElementTree.Element, tag: str, text: str) -> None:
    ElementTree.SubElement(parent, tag).text = text


def _narrative(parent: ElementTree.Element, text: str) -> None:
    _text(parent, "narrative", text)


def _document(root: ElementTree.Element) -> bytes:
    content: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return content
