"""A made-up brief with every table filled: plausible shapes, no facts, for the tests of the renderings."""

# ruff: noqa: E501
# fmt: off
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from karwan.analysis.sections import (
    BasisSection,
    Brief,
    CorridorSection,
    FrontSection,
    GoodsSection,
    PlanSection,
    PortsSection,
    Standing,
    TargetSection,
    VentureSheet,
)
from karwan.schema.frames import result_frame

HOSTILE = (
    "<script>alert('x')</script><img src=x onerror=alert(1)>",
    "#panic(\"boom\") $x^2$ *bold* _it_ `raw` @cite <label> \\ // /* ] ) }",
    "=HYPERLINK(\"http://evil.example\",\"click\")",
    "+1+1", "-2+3", "@SUM(A1:A9)", "\t=1+1",
    "bell\x07 esc\x1b[31mred\x1b[0m null\x00 \x85 \ufffe",
    "\u202egnp.exe\u202c \u2066isolate\u2069",
    "]]> --> &amp; &lt; &#x41; <!-- ",
    "[bold red]rich[/bold red] [link=http://evil.example]x[/link]",
    "Қазақстан Әә Іі Ңң Ғғ Үү Ұұ Ққ Өө Һһ – پاکستان اور قازقستان کی تجارت",
    "Pneumonoultramicroscopicsilicovolcanoconiosis" * 6,
)  # fmt: skip
HOSTILE_URLS = (
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,<script>1</script>", "file:///etc/passwd",
    "http://user:pass@evil.example/", "http://a b", "//evil.example", "https://ok.example/\" onmouseover=\"x",
)  # fmt: skip

CORRIDORS = (
    ("ktap", "KTAP", "Kazakhstan - Turkmenistan - Afghanistan - Pakistan", "#b0472f"),
    ("kuap", "KUAP", "Kazakhstan - Uzbekistan - Afghanistan - Pakistan", "#1f6f8b"),
    ("qtta", "Khunjerab", "Through China over the Khunjerab pass (QTTA)", "#7a4d8b"),
    ("iran", "Iran", "Through Turkmenistan and Iran to Bandar Abbas and by sea", "#3f7d4e"),
    ("casp", "Middle Corridor", "Across the Caspian to Poti and by sea", "#b8860b"),
)
NODES = (
    ("KOS", "Kostanay", "city", "KAZ", 53.21, 63.63, 1), ("AST", "Astana", "city", "KAZ", 51.18, 71.45, 1),
    ("ALA", "Almaty", "city", "KAZ", 43.26, 76.93, 1), ("SHY", "Shymkent", "city", "KAZ", 42.30, 69.60, 2),
    ("AKT", "Aktau", "port", "KAZ", 43.65, 51.16, 1), ("BOL", "Bolashak", "crossing", "KAZ", 41.65, 54.55, 2),
    ("TAS", "Tashkent", "city", "UZB", 41.26, 69.22, 1), ("TMZ", "Termez", "city", "UZB", 37.22, 67.28, 1),
    ("HAI", "Hairatan", "crossing", "AFG", 37.21, 67.41, 2), ("MZR", "Mazar-e Sharif", "city", "AFG", 36.71, 67.11, 2),
    ("KBL", "Kabul", "city", "AFG", 34.53, 69.17, 1), ("TRK", "Torkham", "crossing", "PAK", 34.12, 71.09, 1),
    ("PEW", "Peshawar", "city", "PAK", 34.01, 71.58, 2), ("LHE", "Lahore", "city", "PAK", 31.55, 74.34, 1),
    ("KHI", "Karachi", "port", "PAK", 24.84, 66.98, 1), ("QAS", "Port Qasim", "port", "PAK", 24.77, 67.33, 2),
    ("GWA", "Gwadar", "port", "PAK", 25.12, 62.32, 1), ("ASB", "Ashgabat", "city", "TKM", 37.95, 58.38, 1),
    ("SER", "Serhetabat", "crossing", "TKM", 35.28, 62.34, 2), ("HRT", "Herat", "city", "AFG", 34.35, 62.20, 1),
    ("KDH", "Kandahar", "city", "AFG", 31.62, 65.72, 1), ("CHM", "Chaman", "crossing", "PAK", 30.92, 66.45, 1),
    ("UET", "Quetta", "city", "PAK", 30.18, 67.00, 2), ("MHD", "Mashhad", "city", "IRN", 36.30, 59.60, 1),
    ("BND", "Bandar Abbas", "port", "IRN", 27.15, 56.21, 1), ("KHR", "Khorgos", "crossing", "KAZ", 44.22, 80.40, 2),
    ("KSG", "Kashgar", "city", "CHN", 39.47, 75.99, 1), ("KJB", "Khunjerab", "crossing", "PAK", 36.85, 75.43, 1),
    ("GIL", "Gilgit", "city", "PAK", 35.92, 74.31, 2), ("BAK", "Baku", "port", "AZE", 40.31, 49.80, 1),
    ("POT", "Poti", "port", "GEO", 42.15, 41.66, 1), ("JEA", "Jebel Ali", "port", "ARE", 25.01, 55.06, 2),
)  # fmt: skip
PLACE = {row[0]: row for row in NODES}
LINES = {
    "ktap": ("ALA SHY:road:open", "SHY BOL:rail:open", "BOL ASB SER:rail:open", "SER HRT:road:open", "HRT KDH:rail:planned", "KDH CHM:road:closed", "CHM UET KHI:road:open"),
    "kuap": ("ALA SHY TAS TMZ:road:open", "TMZ HAI:road:open", "HAI MZR KBL:road:open", "KBL TRK:road:closed", "TRK PEW LHE KHI:road:open"),
    "qtta": ("ALA KHR:road:open", "KHR KSG KJB:road:open", "KJB GIL LHE:road:closed"),
    "iran": ("ALA SHY:rail:open", "BOL ASB MHD BND:rail:open", "BND KHI:sea:open"),
    "casp": ("ALA AKT:rail:open", "AKT BAK:ferry:open", "BAK POT:rail:open"),
}  # fmt: skip
STAGE_NAMES = (
    ("line_haul", "Almaty - Zhibek Zholy"), ("crossing", "Zhibek Zholy"), ("line_haul", "Zhibek Zholy - Termez"),
    ("crossing", "Airatom"), ("transfer", "Hairatan dry port"), ("line_haul", "Hairatan - Torkham"),
    ("crossing", "Torkham"), ("wait", "Torkham queue"), ("line_haul", "Torkham - Karachi"), ("sailing", "Sea leg"),
)  # fmt: skip


def table(columns: str, rows: Sequence[Sequence[Any]]) -> pl.DataFrame:
    """Table from a blank-separated list of column names and its rows."""
    names = columns.split()
    return pl.DataFrame(
        {name: [row[k] for row in rows] for k, name in enumerate(names)}, strict=False
    ) if rows else pl.DataFrame({name: [] for name in names})


def _standing() -> Standing:
    def month_row(side: str, name: str, way: str, start: date, end: date, kind: str, value: float | None, basis: str, source: str) -> tuple[Any, ...]:
        label = {"a_to_b": "Kazakhstan to Pakistan", "b_to_a": "Pakistan to Kazakhstan", "total": "Both directions"}[way]
        span = f"{start.year}" if start.month == 1 else f"Jul {start.year} - Jun {end.year}"
        return (side, name, way, label, span, start, end, kind, "all goods", "reported", value, None, False, "g1" if start.year == 2022 else None, source, basis, "")

    rows = []
    for year, value in ((2016, 26.6e6), (2018, 33.1e6), (2021, 95e6), (2022, 73.5e6), (2023, 52.5e6), (2024, 53.7e6), (2025, 105e6)):
        rows.append(month_row("KAZ", "Kazakhstan", "total", date(year, 1, 1), date(year, 12, 31), "calendar_year", value, "observed", "s1"))
    for year, out, back in ((2022, 88e6, 4e6), (2023, 185.25e6, 0.677e6), (2024, 97.96e6, 129.63e6), (2025, 88.5e6, 2.3e6)):
        rows.append(month_row("PAK", "Pakistan", "b_to_a", date(year, 7, 1), date(year + 1, 6, 30), "fiscal_year", out, "observed", "s2"))
        rows.append(month_row("PAK", "Pakistan", "a_to_b", date(year, 7, 1), date(year + 1, 6, 30), "fiscal_year", back, "observed" if year < 2025 else "assumed", "s2"))
    columns = "reporter reporter_name direction direction_label period_label period_start period_end period_kind product_group value_kind value_usd stated_growth_share claimed conflict_group source_id basis note"
    counted = pl.when(pl.col("reporter") == "KAZ").then(pl.lit("customs")).otherwise(pl.lit("payments"))
    reported = table(columns, rows).with_columns(statistics=counted)
    annual = reported.with_columns(year_label=pl.col("period_label")).select(
        "reporter", "reporter_name", "year_label", "period_start", "period_end", "direction", "value_usd", "basis"
    )
    growth = table(
        "reporter direction direction_label period_label previous_label value_usd previous_value_usd growth_share stated_growth_share source_id",
        (
            ("KAZ", "total", "Both directions", "Jan - Jul 2025", "Jan - Jul 2024", 89.6e6, 29.2e6, 2.068, 2.07, "s1"),
            ("PAK", "b_to_a", "Pakistan to Kazakhstan", "Jul - Dec 2024", "Jul - Dec 2023", 39.43e6, 56.59e6, -0.303, None, "s2"),
            ("PAK", "a_to_b", "Kazakhstan to Pakistan", "Jul - Dec 2024", "Jul - Dec 2023", 72.76e6, 0.385e6, 187.99, None, "s2;s3"),
            ("PAK", "b_to_a", "Pakistan to Kazakhstan", "Jul - Oct 2025", "Jul - Oct 2024", 24.54e6, 29.47e6, -0.167, -0.16, "s3"),
        ),
    )
    refused = table("subject reason", (("Kazakh 2025 against Pakistani fiscal year 2024/25", "Calendar year against fiscal year: six months do not overlap."), ("January to October against January to July", "The number of months differs.")))
    mirror = table(
        "direction direction_label period_label value_a_usd value_b_usd ratio aligned reason",
        (("total", "Both directions", "2022", 73.5e6, 195e6, 2.65, True, ""), ("a_to_b", "Kazakhstan to Pakistan", "2024", 12.9e6, 129.6e6, 10.05, False, "Calendar year against July to June.")),
    )
    conflicts = table("conflict_group subject statement", (("g1", "Trade January to October 2025", "USD 38.7 m (article, January to October) contradicts USD 89.6 m (ministry, January to July): the longer period holds less."),))
    distance = table(
        "target_id title target_usd due reporter reporter_name base_label base_usd gap_usd multiple years_left growth_needed_share",
        (
            ("t1", "Trade of USD 1 bn", 1e9, date(2027, 12, 31), "KAZ", "Kazakhstan", "2025", 105e6, 895e6, 9.5, 1.1, 6.74),
            ("t1", "Trade of USD 1 bn", 1e9, date(2027, 12, 31), "PAK", "Pakistan", "July 2025 - June 2026", 90.8e6, 909e6, 11.0, 1.1, 7.85),
            ("t2", "Forty processed goods", 21.5e6, date(2026, 6, 30), "KAZ", "Kazakhstan", "2025", 3.2e6, 18.3e6, 6.7, -0.4, None),
        ),
    )
    recon = [
        (way, label, year, value * (0.4 if way == "a_to_b" else 0.8), value * 0.25, value * 1.3, ("both", "exporter", "importer")[year % 3], "")
        for way, label in (("a_to_b", "Kazakhstan to Pakistan"), ("b_to_a", "Pakistan to Kazakhstan"))
        for year, value in zip(range(2016, 2026), (26e6, 30e6, 33e6, 41e6, 60e6, 95e6, 120e6, 140e6, 150e6, 170e6), strict=True)
    ]
    return Standing(reported, growth, refused, mirror, conflicts, distance, annual, table("direction direction_label year value_usd low_usd high_usd sides note", recon))


def _corridors() -> CorridorSection:
    rng = np.random.default_rng(7)
    corridors = table("corridor_id name title colour rank", [(*c, k + 1) for k, c in enumerate(CORRIDORS)])
    pairs = [("ALA", "KHI"), ("AST", "KHI"), ("KOS", "GWA")]
    routes, stages, arrivals = [], [], []
    for k, (cid, name, _, colour) in enumerate(CORRIDORS):
        for o, d in pairs:
            for way in ("a_to_b", "b_to_a"):
                origin, destination = (o, d) if way == "a_to_b" else (d, o)
                label = f"{PLACE[origin][1]} → {PLACE[destination][1]}"
                status = "absent" if (k == 4 and way == "b_to_a") else "closed" if k < 2 else "open"
                reason = {"closed": "Torkham shut since 12 Oct 2025", "absent": "No sailing from Karachi to Poti in the case", "open": ""}[status]
                days = 14.0 + 6 * k + (2 if way == "b_to_a" else 0)
                if status == "absent":
                    routes.append((cid, name, colour, label, origin, PLACE[origin][1], destination, PLACE[destination][1], way, status, reason, *([None] * 10), None, None, None, None, None, None))
                    continue
                samples = np.sort(rng.lognormal(np.log(days), 0.22 + 0.03 * k, 300))
                q = [float(np.quantile(samples, p)) for p in (0.05, 0.25, 0.5, 0.75, 0.95)]
                usd = 3900.0 + 900 * k
                routes.append((cid, name, colour, label, origin, PLACE[origin][1], destination, PLACE[destination][1], way, status, reason, usd, usd * 1.24, days * 24, days, *q, 3800.0 + 500 * k, 4200.0 + 500 * k, k % 3, 4 + k % 2, min(0.2 + 0.15 * k, 1.0), usd * 1.5))
                if (o, d) == pairs[0]:
                    arrivals.append((cid, name, colour, way, label, samples.tolist(), round(float(np.quantile(samples, 0.93)), 1), f"{70 + 4 * k} % arrive within {round(days * 1.2)} days"))
                    for s, (kind, stage) in enumerate(STAGE_NAMES):
                        share = {"line_haul": 0.2, "crossing": 0.06, "transfer": 0.05, "wait": 0.03, "sailing": 0.1 if k > 2 else 0.0}[kind]
                        if share:
                            stages.append((cid, origin, destination, way, s, kind, stage, stage.split(" - ")[0], "road", "KAZ", 900.0 * (kind == "line_haul"), usd * share, usd * share * 1.2, days * 24 * share * (2.2 if kind == "crossing" else 0.7), 300.0, "assumed" if kind in ("wait", "transfer") else "observed", "s4"))
    closures = table(
        "place kind since until last_seen reason corridors source_id",
        (("Torkham", "crossing", date(2025, 10, 12), None, date(2026, 2, 5), "Closed to trade after the clashes of October 2025.", ["KUAP"], "s5"), ("Chaman", "crossing", date(2025, 10, 12), None, date(2026, 2, 5), "As above.", ["KTAP", "KUAP"], "s5"), ("Khunjerab", "crossing", date(2026, 11, 20), date(2026, 11, 24), None, "Weekend and snow.", ["Khunjerab"], "s6")),
    )
    validation = table(
        "trip route_label use status observed_days model_days error_days error_share observed_usd model_usd error_usd cost_unit source_id note",
        (("NLC 2023", "Karachi → Almaty, road", "validate", "open then", 11.0, 13.2, 2.2, 0.2, None, None, None, None, "s7", ""), ("TIR trial 2024", "Almaty → Karachi, road", "calibrate", "open then", 12.0, 12.4, 0.4, 0.033, 5200.0, 4900.0, -300.0, "USD per 40 ft", "s7", "convoy"), ("Block train 2025", "Kostanay → Herat, rail", "validate", "open", 18.0, 14.1, -3.9, -0.217, 3100.0, 3600.0, 500.0, "USD per 20 t", "s8", "")),
    )
    lines = [
        (cid, next(c[3] for c in CORRIDORS if c[0] == cid), seq, part.split(":")[1], part.split(":")[2], [PLACE[n][5] for n in part.split(":")[0].split()], [PLACE[n][4] for n in part.split(":")[0].split()])
        for cid, parts in LINES.items()
        for seq, part in enumerate(parts)
    ]
    criticality = table(
        "place_id place kind in_row reroute extra_usd_t extra_hours extra_usd_year pairs_cut value_hour_usd_year value_truck_usd_year rank",
        [(f"p{k}", name, kind, "Landi Kotal; Peshawar – Torkham (road)" if k == 0 else None, reroute, 60.0 - 7 * k, 120.0 - 15 * k, 9e6 / (k + 1), 6 if k == 0 else 0, 420e3 / (k + 1), 91e3 / (k + 1), k + 1) for k, (name, kind, reroute) in enumerate((("Torkham", "crossing", "Chaman, else Iran by sea"), ("Hairatan", "crossing", "Torghundi"), ("Karachi", "terminal", "Port Qasim"), ("Termez - Mazar", "link", "Herat road"), ("Khunjerab", "crossing", "no other"), ("Sarakhs", "crossing", "Incheh Borun")))],
    )
    weak = (("TRK", "Torkham", "crossing", ["TRK"]), ("KHI", "Karachi", "terminal", ["KHI"]), ("TMZ-MZR", "Termez – Mazar", "link", ["TMZ", "MZR"]))
    weak_points = table(
        "place_id place kind mode rank same_as_rank extra_usd_t extra_hours extra_usd_year pairs_cut cut_off value_hour_usd_year value_truck_usd_year lons lats",
        [(pid, name, kind, "road" if kind == "link" else "", k + 1, None, 60.0 - 7 * k, 120.0 - 15 * k, 9e6 / (k + 1), 6 if k == 0 else 0, ["Almaty → Karachi"] if k == 0 else [], 420e3 / (k + 1), 91e3 / (k + 1), [PLACE[n][5] for n in at], [PLACE[n][4] for n in at]) for k, (pid, name, kind, at) in enumerate(weak)],
    )
    sensitivity = table(
        "parameter table row_key value_text corridor_now corridor_flipped rival behind_usd_t switch_text flips",
        (("Hours at Torkham, Afghan side", "crossing_times", "TRK/AFG/out", "31 h", "KUAP", "KTAP", "KTAP", -3.0, "above 74 h", True), ("Value of time, pulses", "products", "chickpeas", "0.8 % a day", "KUAP", None, "KTAP", 4.2, "no value flips it", False)),
    )
    columns = "corridor_id corridor colour pair_label origin_id origin destination_id destination direction status reason usd_20t usd_feu hours days days_p05 days_p25 days_p50 days_p75 days_p95 km co2_kg gauge_changes crossings assumed_share generalised_usd"
    return CorridorSection(
        corridors, table(columns, routes).with_columns(sanctions=pl.when(pl.col("corridor").str.contains("Iran")).then(pl.lit("EU US"))),
        table("corridor_id origin_id destination_id direction stage kind name place mode country km usd_20t usd_feu hours co2_kg basis source_id", stages),
        closures, validation,
        table("key value", (("product", "chickpeas"), ("load_t", "20"), ("origin", "Almaty"), ("destination", "Karachi"), ("origin_id", "ALA"), ("destination_id", "KHI"))),
        table("node_id name kind country lat lon rank", NODES),
        table("corridor_id colour seq mode state lons lats", lines),
        table("corridor_id corridor colour direction pair_label days days_p95_no_closures on_time_label", arrivals),
        criticality, sensitivity, weak_points,
    )  # fmt: skip


def _goods() -> GoodsSection:
    goods = (
        ("Wheat", "1001", "grain", 240.0), ("Chickpeas", "071320", "pulses", 720.0), ("Lentils", "071340", "pulses", 650.0),
        ("Flaxseed", "1204", "oilseeds", 560.0), ("Buckwheat", "100810", "grain", 410.0), ("Raw hides", "4101", "hides", 900.0),
        ("Leather, wet blue", "4104", "leather", 2900.0), ("Kinnow mandarins", "080521", "fruit", 480.0), ("Rice", "1006", "grain", 850.0),
        ("Surgical instruments", "901890", "medical", 41000.0), ("Medicines", "3004", "medical", 52000.0), ("Cotton yarn", "5205", "textiles", 3100.0),
    )  # fmt: skip
    landed = []
    for k, (name, code, sector, price) in enumerate(goods):
        way = "a_to_b" if k < 7 else "b_to_a"
        cid, corridor, _, colour = CORRIDORS[k % 3]
        freight, insurance, time, loss, duty = 195.0 + 6 * k, price * 0.005, price * 0.008 * 15, price * 0.002 * 15, price * 0.05
        total = price + freight + insurance + time + loss + duty
        landed.append((f"g{k}", name, code, sector, "processed" if k in (6, 9) else "export", way, "Kazakhstan to Pakistan" if way == "a_to_b" else "Pakistan to Kazakhstan", cid, corridor, colour, "Almaty → Karachi" if way == "a_to_b" else "Karachi → Almaty", "bulk", price, freight, insurance, time, loss, duty, total, (total - price - duty) / total, 15.0 + k, "5 % ad valorem, most favoured nation", "assumed" if k % 3 == 0 else "observed", "s9"))
    potential = [(f"g{k}", name, sector, 1e6 * k, "KAZ 2024", "2024", 4e6 + 2.5e6 * k, 2e6 + k * 1e6, 9e6 + 4e6 * k, 4e6 + 1.5e6 * k, "gravity-fitted ratio", "HS6 imports of PAK") for k, (name, _, sector, _) in enumerate(goods)]
    basket = [(f"g{k}", name, sector, 3.1e6 - 0.2e6 * k, 4e6, "offer" if k < 2 else "share", None if k else 5e6, None if k else "offer 2017", "observed", "unknown" if k else "only if", 60e3, 1200.0, "assumed") for k, (name, _, sector, _) in enumerate(goods[:7])]
    groups = [(side, way, name, sector, value, "2024", "s1") for side, way in (("KAZ", "a_to_b"), ("PAK", "b_to_a")) for name, sector, value in (("Rolled metal", "metals", 21e6), ("Pulses", "agriculture", 9e6), ("Medicines", "chemicals", 7.5e6), ("Citrus", "agriculture", 6e6), ("Machinery", "machinery", 2.2e6), ("Textiles and clothing", "textiles", 1.4e6), ("Other", "other", 0.4e6))]
    return GoodsSection(
        table("product_id product hs_code sector basket direction direction_label corridor_id corridor colour route_label form price_usd_t freight_usd_t insurance_usd_t time_usd_t loss_usd_t duty_usd_t landed_usd_t corridor_share days tariff_text basis source_id", landed).with_columns(price_country=pl.when(pl.col("product") == "Medicines").then(pl.lit("AFG"))),
        table("product_id product sector actual_usd actual_of potential_of potential_usd low_usd high_usd unrealised_usd method lacks", potential),
        table("product_id product sector value_usd cap_usd cap_by bound_usd bound_of bound_basis verdict cost_usd landed_usd_t basis", basket),
        ("At most 40 goods reaching USD 21.5 m at least cost.", "The upper bounds of wheat and leather bind."),
        table("reporter direction group sector value_usd period_label source_id", groups),
        ("`karwan trade ingest baci FILE` brings HS6 trade of both sides in; the potential is then found per product.",),
    )  # fmt: skip


def _ports() -> PortsSection:
    ports = table(
        "node_id port draught_m berths capacity_teu_year throughput_teu_year used_share room_of dwell_days handling_usd_feu free_days storage_usd_day usd_20t days corridor usd_difference days_difference years basis source_id capacity_of throughput_of judged",
        (
            ("KHI", "Karachi", 13.5, 33, 4.2e6, 2.4e6, 2.4 / 4.2, "KGTL 2024, 1 of 3 terminals", 6.5, 180.0, 5.0, 22.0, 4800.0, 18.2, "Iran", 0.0, 0.0, "KGTL 2024", "observed", "s10", "4,200,000 (2024)", "2,400,000 (2024)", ["berths"]),
            ("QAS", "Port Qasim", 14.0, 15, 1.8e6, 1.1e6, 1.1 / 1.8, "QICT 2024, 1 of 1 terminals", 5.8, 175.0, 7.0, 20.0, 4860.0, 18.1, "Iran", 60.0, -0.1, "QICT 2024", "observed", "s10", "1,800,000 (2024)", "1,100,000 (2024)", []),
            ("GWA", "Gwadar", 14.5, 3, 0.3e6, None, None, "capacity of GWADAR 2024", None, 140.0, 30.0, None, 5350.0, 19.9, "Iran", 550.0, 1.7, "2024", "assumed", "s11", "300,000 (2024)", None, []),
        ),
    )
    terminals = table("node_id port terminal kind operator capacity_teu_year throughput_teu_year throughput_year capacity_t_year draught_m dwell_days year basis source_id", [("KHI", "Karachi", n, "container", op, cap, None, None, None, 13.5, 6.0, 2024, "observed", "s10") for n, op, cap in (("KGTL", "AD Ports", 0.75e6), ("SAPT", "Hutchison", 3.1e6), ("KICT", "Hutchison", 0.9e6))] + [("QAS", "Port Qasim", "QICT", "container", "DP World", 1.8e6, 1.1e6, 2024, None, 14.0, 5.8, 2024, "observed", "s10")])
    off_dock = table("terminal place country kind operator capacity_text year basis source_id", [("Zhetygen", "Almaty", "KAZ", "dry port", "KTZ", "", 2025, "observed", "s12"), ("Termez Cargo Centre", "Termez", "UZB", "dry port", "", "0.8 m t a year", 2023, "observed", "s12"), ("Sost", "Sost", "PAK", "dry port", "NLC", "", 2024, "assumed", "s12")])
    zones = table("zone place country exempts basis source_id", (("Gwadar free zone", "Gwadar", "PAK", "Customs duty, sales tax and income tax for 23 years.", "observed", "s11"), ("Khorgos Eastern Gate", "Khorgos", "KAZ", "Customs duty on goods kept in the zone.", "observed", "s12")))
    terms = table("terminal place lift_usd_feu free_days storage_usd_day dwell_days storage_usd detention_usd_day scan_h draught_m basis source_id", [("KGTL", "Karachi", 140.0, 5.0, 50.0, 7.0, 127.0, 140.0, None, 13.0, "observed", "s10")])
    gains = table("zone product use without_usd_t with_usd_t gain_usd_t low_usd_t high_usd_t ends basis source_id", [("Gwadar free zone", "Chickpeas", "re_export", 6.1, 6.0, 0.1, -10.8, 22.7, 2039, "assumed", "s11")])
    return PortsSection(ports, terminals, off_dock, zones, terms, gains)


def _plan() -> PlanSection:
    domains = ("Trade", "Transport and transit", "Industry", "Agriculture", "Energy", "Finance", "Science and education", "Health", "Tourism and culture", "Digital")
    rng = np.random.default_rng(3)
    by_domain = table("domain_id domain rank done partly_done in_progress stalled not_started unknown total late", [(f"d{k}", name, k + 1, *(counts := rng.integers(0, 4, 6).tolist()), sum(counts), int(rng.integers(0, 2))) for k, name in enumerate(domains)])
    statuses = ("not_started", "stalled", "in_progress", "partly_done", "done", "unknown")
    commitments = []
    for k in range(24):
        late = k < 4
        due = date(2026, 3, 31) if late else (date(2026, 12, 31) if k % 3 else None)
        commitments.append((f"c{k}", "private" if k == 23 else "promise", None if k % 2 else "KAZ", domains[k % 10], f"Commitment {k + 1}: sign the agreement on mutual recognition of certificates", ["KAZ", "PAK"] if k % 2 else ["KAZ"], "Joint action plan", date(2025, 9, 9), due, "published" if due else None, "first deliveries" if k == 4 else None, statuses[k % 6], date(2026, 8, 1), late, k == 4, 238 if late else None, "Communique of the visit", "https://example.org/visit?a=1&b=2", "qtta" if k % 5 == 0 else None, "s13"))
    milestones = table("milestone_id title date date_precision state source_id", [(f"m{k}", title, when, "day", state, "s13") for k, (title, when, state) in enumerate((("Action plan signed", date(2025, 9, 9), "past"), ("Crossings shut", date(2025, 10, 12), "past"), ("Intergovernmental commission", date(2025, 10, 28), "past"), ("State visit, 37 documents", date(2026, 2, 3), "past"), ("Business forum", date(2026, 2, 4), "past"), ("Road map for trade", date(2026, 2, 4), "past"), ("Transit agreement to be signed", date(2026, 6, 30), "missed"), ("Feasibility study of the railway", date(2026, 9, 30), "missed"), ("Brief", date(2026, 11, 24), "today"), ("End of the action plan", date(2026, 12, 31), "due"), ("Target of USD 1 bn", date(2027, 12, 31), "due")))])
    ventures = table("venture kind place parties capex_usd capacity_text state announced note basis source_id", (("Tannery at Almaty", "leather", "Almaty", ["KAZ", "PAK"], 12e6, "1.2 m hides a year", "proposed", True, "Size of a plant elsewhere.", "assumed", "s13"), ("Off-dock terminal", "terminal", "Karachi", ["KAZ", "PAK"], None, "", "memorandum", True, None, "observed", "s13"), ("Grain terminal", "grain", "Port Qasim", ["KAZ"], 30e6, "0.5 m t a year", "proposed", False, "Nobody announced it.", "assumed", "s13")))
    columns = "commitment_id kind owner domain title parties instrument promised_on due due_basis due_part status status_on late part_late days_late evidence evidence_url scenario_id source_id"
    worth = table(
        "rank commitment_id title domain due status late scenario_id obstacle usd_t hours_t usd_year low_usd_year high_usd_year usd_year_response usd_year_target usd_year_kept duty_usd_year net_usd_year low_net_usd_year high_net_usd_year shared moved_most_by basis reason",
        (
            (1, "c0", "Halve the duties", "Trade", None, "unknown", False, "duties", "duties on 12 goods", 80.0, 0.0, 4e6, 2e6, 9e6, 4.4e6, 36e6, 4e6, 3.9e6, 0.1e6, 0.0, 0.3e6, 1, "Trade Kazakhstan to Pakistan", "assumed", ""),
            (2, "c5", "Reopen the crossing", "Transport and transit", date(2026, 12, 31), "stalled", False, "open", "closure of Torkham", 14.0, 37.0, 0.7e6, 0.2e6, 2.2e6, 0.7e6, 6e6, 1.2e6, 34e3, 0.67e6, 0.2e6, 2.1e6, 2, "Scale of route choice", "assumed", ""),
            (3, "c6", "Keep it open", "Transport and transit", None, "unknown", False, "open", "closure of Torkham", 14.0, 37.0, 0.7e6, 0.2e6, 2.2e6, 0.7e6, 6e6, 1.2e6, 34e3, 0.67e6, 0.2e6, 2.1e6, 2, "Scale of route choice", "assumed", ""),
            (4, "c7", "A dearer way", "Energy", None, "unknown", False, "dear", "limits of Chaman", -2.0, -1.0, -0.1e6, -0.2e6, -0.05e6, -0.1e6, -1e6, None, -1e3, -0.1e6, -0.2e6, -0.05e6, 1, "Hours of driving", "assumed", ""),
            (None, "c8", "Exchange students", "Science and education", None, "unknown", False, None, None, None, None, None, None, None, None, None, None, None, None, None, None, None, None, None, "no scenario models it"),
        ),
    )
    worth = worth.with_columns(
        usd_year_ge_a=pl.Series([0.2e6, -5e6, -5e6, -0.1e6, None]), usd_year_ge_b=pl.Series([0.6e6, 2e8, 2e8, 0.0, None]), third_usd_year=pl.Series([-5e4, 2e8, 2e8, 400.0, None]),
        modelled_as=pl.Series(["Duties at half", "The crossings reopen", "The crossings reopen", "A dearer way", None])
    )
    documents = table("date title signed in_force followed owed state milestone_id agreement_id basis source_id note", (("2026-02-04", "Agreement on transit trade", "yes", "not found", "nothing found", "Bring it into force (unknown)", "signed", "visit", "tta", "observed", "s13", None),))
    indicators = table("domain_id domain promise commitment_id quantity value unit kind date baseline indicator_id basis source_id", (("d8", "Tourism and culture", "Commitment 9", "c8", "flights", "2", "a week", "seen", "2026-01", "4 (2023)", "i1", "observed", "s13"), ("d8", "Tourism and culture", "Commitment 19", "c18", "none published", None, None, "none published", None, None, None, "observed", "s13")))
    return PlanSection(by_domain, table(columns, commitments), milestones, ventures, worth, ("What the worth rests on.",), documents, indicators, *_appraised())


def _appraised() -> tuple[pl.DataFrame, pl.DataFrame, tuple[VentureSheet, ...]]:
    """A tannery with bands, a terminal without figures, and the sheet of the first."""
    known = {"venture_id": "tannery", "venture": "Tannery at Almaty", "announced": True, "withheld": True, "decides": "price of leather; load", "source_id": "s13"}
    bands = {f"{name}_{end}_{unit}": value for name, unit, step in (("fnpv", "usd", 5e6), ("enpv", "usd", 8e6), ("firr", "share", 0.1), ("eirr", "share", 0.2)) for end, value in (("p05", -step), ("p50", 0.2 * step), ("p95", step))}
    chances = {"fnpv_positive_share": 0.4, "enpv_positive_share": 0.6}
    bare = {"venture_id": "terminal", "venture": "Off-dock terminal", "announced": True, "reason": "lacks stages, sales, capital", "source_id": "s13"}
    rows = result_frame("plan_appraisals", [known | bands | chances, bare])
    shown = {"indicator": "fnpv", "label": "FNPV: financial net present value", "unit": "USD", "shown": "withheld", "band": "-5 m .. 1 m .. 5 m"}
    cash = result_frame("venture_cash_band", [{"year": y, "calendar_year": 2027 + y, "project_p05_usd": low, "project_p50_usd": mid, "project_p95_usd": high, "economic_p50_usd": mid} for y, (low, mid, high) in enumerate(((-9e6, -8e6, -7e6), (-1e6, 1e6, 3e6), (0.0, 2e6, 5e6)))])
    decides = result_frame("venture_inputs", [{"key": "k", "input": "price of leather", "base": 14.0, "low": 11.0, "high": 18.0, "switching": 15.0, "low_change_usd": -3e6, "high_change_usd": 4e6, "basis": "assumed"}])
    gains = result_frame("venture_gains", [{"country": c, "group": "owners", "p05_usd": -4e6, "p50_usd": 1e6, "p95_usd": 5e6} for c in ("KAZ", "PAK")])
    sheet = VentureSheet("tannery", "Tannery at Almaty", True, result_frame("venture_indicators", [shown]), decides, gains, cash)
    return rows, result_frame("plan_venture_indicators", [{"venture_id": "tannery"} | shown]), (sheet,)


def _target() -> TargetSection:
    fan = []
    for model, growth in (("random walk with drift", 1.1), ("random walk, Student t", 1.04)):
        for k in range(8):
            middle = 105e6 * growth**k
            spread = 1 + 0.25 * k
            fan.append((model, date(2025 + k // 4, 3 * (k % 4) + 1, 1), middle / spread**1.6, middle / spread**0.8, middle, middle * spread**0.8, middle * spread**1.6))
    chances = table("target model probability low high basis_text score", (("Trade of USD 1 bn", "random walk with drift", 0.012, 0.002, 0.06, "From 9 yearly figures.", -1.2), ("Trade of USD 1 bn", "random walk, Student t", 0.004, 0.0, 0.03, "Mean of four models.", -1.1), ("Trade of USD 1 bn", "base rate", 0.007, 0.004, 0.012, "Country pairs 1964-2016.", None)))
    base = table("label horizon_years successes cases share low high", (("grew ninefold in two years", 2.0, 31, 4400, 0.007, 0.0048, 0.01), ("grew fourfold in two years", 2.0, 190, 4400, 0.043, 0.037, 0.05)))
    return TargetSection(table("model date p05 p25 p50 p75 p95", fan), chances, base, ("The chance rests on nine yearly figures of one reporter.",))


def _basis() -> BasisSection:
    shares = table("section table observed computed assumed assumed_share", (("Where we stand", "flows", 60, 3, 0, 0.0), ("Corridors", "links", 40, 90, 30, 0.19), ("Corridors", "crossing_times", 80, 0, 22, 0.22), ("Goods", "products", 12, 0, 33, 0.73), ("Ports", "terminals", 20, 0, 6, 0.23), ("Plan", "commitments", 48, 0, 0, 0.0)))
    sources = table("number source_id title publisher year url licence rows", [(k, f"s{k}", f"Source number {k}: corridor performance and trade statistics", "Publisher", 2020 + k % 6, f"https://example.org/source/{k}" if k != 14 else "", "facts only", 40 - 2 * k) for k in range(1, 15)])
    return BasisSection(shares, table("kind subject statement", (("statistics", "Torkham and Chaman, 2020", "Two editions swap the two crossings; both rows are kept."),)), table("table row column value message", (("links", "TMZ-MZR", "length_km", "61", "Shorter than the great circle times 1.05."),)), sources)


def _front() -> FrontSection:
    momentum = table("reporter_name statistics growth_share period_label previous_label value_usd previous_value_usd how whole_label whole_previous_label whole_share whole_usd whole_previous_usd whole_source_id source_id", (("Kazakhstan", "customs", -0.08, "Aug–Dec 2025", "Aug–Dec 2024", 16.0e6, 17.4e6, "by subtraction", "2025", "2024", 0.97, 105.6e6, 53.7e6, "s1", "s1"), ("Pakistan", "payments", 0.12, "Jul–Oct 2025", "Jul–Oct 2024", None, None, "published", None, None, None, None, None, None, "s2")))
    totals = table("reporter_name counted period_label value_usd target_multiple basis source_id", (("Kazakhstan", "customs", "2025", 105.6e6, 9.5, "observed", "s1"), ("Pakistan", "payments", "FY 2024/25", 227.6e6, 4.4, "computed", "s2"), ("Pakistan", "speech", "2025", 250e6, 4.0, "observed", "s3")))
    goods = table("product_id product exporter importer verdict switch switch_now switch_at landed_usd_t rival_usd_t rival_origin rival_place rival_period rival_shut price_country price_period price_old ban bound_usd bound_t load_t goods_all goods_judged goods_yes goods_only_if goods_no_plan goods_no basis source_id", (("a", "Lentils", "KAZ", "PAK", "yes", None, None, None, 700.0, 800.0, "CAN", "at the port", "2024-01..2024-12", False, None, "2025-03", False, None, 4e6, 6e3, 20.0, 87, 40, 1, 14, 5, 20, "observed", "s4"), ("b", "Kinnow", "PAK", "KAZ", "only if", "duty", 0.05, 0.01, 660.0, 640.0, None, None, None, None, None, None, None, None, 2e6, 3e3, 20.0, 87, 40, 1, 14, 5, 20, "assumed", "s4"), ("c", "Wheat", "KAZ", "PAK", "no", None, None, None, 320.0, 356.0, "PAK", None, "2026-01", None, None, None, None, "PAK", None, None, 20.0, 87, 40, 1, 14, 5, 20, "computed", "s5"), ("d", "Chickpeas", "KAZ", "PAK", "only if", "price", 842.0, 582.0, 1116.0, 842.0, "AFG", "Pakistan", "2020-01..2020-12", True, "AFG", "2020-01..2020-12", True, None, 4e7, 7e4, 20.0, 87, 40, 1, 14, 5, 20, "assumed", "s4"), ("e", "Buses", "KAZ", "PAK", "only if", "price", 12900.0, 17789.0, 16371.0, 22369.0, "PAK", "in the capital", "2025-01", None, None, "2026", False, None, 2.3e6, 181.0, 14.0, 87, 40, 1, 14, 5, 20, "assumed", "s4")))
    promises = table("owner rank commitment_id title status due due_basis scenario_id net_usd_year low_net_usd_year high_net_usd_year hours_t shared basis source_id", (("PAK", 1, "c5", "Reopen the crossing", "stalled", date(2026, 12, 31), "plan_period", "open", 0.67e6, 0.2e6, 2.1e6, 37.0, 2, "assumed", "s13"), ("PAK", None, "c9", "Grant visas in a day", "unknown", None, None, None, None, None, None, None, None, None, "s13"), ("KAZ", None, "c8", "Exchange students", "unknown", None, None, None, None, None, None, None, None, None, "s13")))
    due = table("date what kind due_basis status row_id net_usd_year source_id", ((date(2026, 12, 1), "Meeting of the commission", "milestone", "published", "expected", "m9", None, "s13"), (date(2026, 12, 31), "Reopen the crossing", "promise", "plan_period", "stalled", "c5", 0.67e6, "s13")))
    outlook = table("reporter_name by base_label base_usd p05_usd p50_usd p95_usd target_usd probability steps less", (("Kazakhstan", date(2026, 12, 31), "2025", 105.6e6, 45e6, 105.6e6, 247e6, 1e9, 0.002, 4, None),))
    ways = table("direction pair_label role corridor_id corridor colour usd_20t days days_p95 day_usd late_day_usd co2_usd_t assumed_share sanctions unknown authority caveat slowed legs legs_carried all_told_usd source_id", (("a_to_b", "Almaty → Karachi", "least money and time", "iran", "Iran sea", "#882255", 4557.0, 32.4, 46.8, 54.0, 27.0, 50.0, 0.7, 4, 3, "EU and US", "EU: the line is under an asset freeze", "Iran 30 %", 5, 3, 5316.0, "s6"), ("a_to_b", "Almaty → Karachi", "fastest, no known sanction", "qtta", "QTTA", "#009E73", 6490.0, 11.9, 18.0, 54.0, 27.0, 50.0, 0.7, 0, 0, None, None, None, 3, 0, 7100.0, None)))
    law = table("regime_id name state signed source_id", (("TTA", "Transit trade agreement", "negotiated", None, "s7"),))
    errors = table("trips mean_abs_error_days mean_error_days in_band", ((15, 3.2, -3.1, 12),))
    return FrontSection(momentum, totals, goods, promises, due, outlook, ways, law, errors)


def sample_brief() -> Brief:
    """The whole sample."""
    return Brief(
        "kaz-pak", "Kazakhstan - Pakistan", "KAZ", "PAK", "Kazakhstan", "Pakistan", "Joint action plan 2025-2026", date(2026, 11, 24), "0.1.0",
        (
            "Trade stood at USD 105 m in 2025 by Kazakhstan's statistics and USD 90.8 m in July 2025 - June 2026 by Pakistan's: a tenth of the USD 1 bn target.",
            "Both Afghan corridors are shut on 24 November 2026: Torkham and Chaman have been closed to trade since 12 October 2025.",
            "Of the open corridors Iran by sea is cheapest, USD 6,600 per 20 t and 32 days from Almaty to Karachi.",
            "Four of 24 commitments are late; the transit agreement costs most.",
            "The chance of USD 1 bn by the end of 2027 is 0.4 to 1.2 per cent, depending on the model.",
        ),
        _standing(), _corridors(), _goods(), _ports(), _plan(), _target(), _basis(), front=_front(),
    )  # fmt: skip


def empty_brief() -> Brief:
    """The sample with every table emptied and every list of sentences blank."""
    brief = sample_brief()
    sections = {f.name: getattr(brief, f.name) for f in fields(brief) if hasattr(getattr(brief, f.name), "__dataclass_fields__")}
    emptied = {
        name: replace(section, **{f.name: (getattr(section, f.name).head(0) if isinstance(getattr(section, f.name), pl.DataFrame) else ()) for f in fields(section)})
        for name, section in sections.items()
    }  # fmt: skip
    return replace(brief, headlines=(), **emptied)


def hostile_brief() -> Brief:
    """The sample with every free text replaced by hostile texts in turn."""
    brief = sample_brief()
    count = 0
    keys = {"reporter", "direction", "corridor_id", "colour", "status", "kind", "state", "basis", "origin_id", "destination_id", "node_id", "mode", "key", "source_id", "period_kind", "sides", "date_precision"}

    def poison(frame: pl.DataFrame) -> pl.DataFrame:
        nonlocal count
        for name, kind in frame.schema.items():
            if name in keys or frame.is_empty():
                continue
            if kind == pl.String:
                texts = HOSTILE_URLS if name.endswith("url") else HOSTILE
                values = [texts[(count + k) % len(texts)] for k in range(frame.height)]
                count += frame.height
                frame = frame.with_columns(pl.Series(name, values))
        return frame

    def poisoned_field(value: Any) -> Any:
        if isinstance(value, pl.DataFrame):
            return poison(value)
        if value and all(isinstance(one, VentureSheet) for one in value):
            return tuple(poisoned_sheet(one) for one in value)
        return HOSTILE

    def poisoned_sheet(sheet: VentureSheet) -> VentureSheet:
        frames: dict[str, Any] = {f.name: getattr(sheet, f.name) for f in fields(sheet) if isinstance(getattr(sheet, f.name), pl.DataFrame)}
        return replace(sheet, venture_id=HOSTILE[0], venture=HOSTILE[1], **{name: poison(frame) for name, frame in frames.items()})

    sections = {f.name: getattr(brief, f.name) for f in fields(brief) if hasattr(getattr(brief, f.name), "__dataclass_fields__")}
    poisoned = {
        name: replace(section, **{f.name: poisoned_field(getattr(section, f.name)) for f in fields(section)})
        for name, section in sections.items()
    }
    return replace(brief, title=HOSTILE[0], name_a=HOSTILE[1], name_b=HOSTILE[2], plan_title=HOSTILE[8], headlines=HOSTILE, **poisoned)
