"""What a brief holds: one frozen bundle of tables per section, the same for every rendering."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import polars as pl

from karwan.notes import Note
from karwan.schema.frames import result_frame


@dataclass(frozen=True)
class Standing:
    """Section 1, where we stand.

    Attributes
    ----------
    reported
        One row per published figure: reporter, reporter_name, direction (a_to_b, b_to_a, total), direction_label,
        period_label, period_start, period_end, period_kind, product_group, value_kind, value_usd, stated_growth_share,
        claimed, statistics, conflict_group, source_id, basis, note.
    growth
        Like-for-like pairs, newest first (same reporter, direction, group, kind of claim and statistics, same months; cumulated periods
        subtracted): direction_label, reporter_name and the columns of `karwan.trade.standing.GROWTH`.
    refused
        Comparisons a reader would try and must not: subject, reason.
    mirror
        Both sides on one period: direction, direction_label, period_label, value_a_usd, value_b_usd (reporter party a, b),
        ratio (larger over smaller), aligned (bool), reason.
    conflicts
        conflict_group, subject, statement (one text per conflict naming both figures, reporters, periods and sources).
    distance
        Distance to each monetary target from each side's latest full-year figure: target_id, title, target_usd, due, reporter,
        due_basis, reporter_name, statistics, base_label, base_usd, gap_usd, multiple, years_left, growth_needed_share (per year; null when
        past due).
    annual
        Twelve-month figures for the chart: reporter, reporter_name, year_label, period_start, period_end, direction, value_usd, basis, claimed,
        statistics.
    reconciled
        Reconciled yearly series (may be empty): columns of `schema/results/standing_reconciled.csv`.
    unusual
        Months that each side's latest full year rests on and the year before has not: columns of `schema/results/standing_unusual.csv`.
    """

    reported: pl.DataFrame
    growth: pl.DataFrame
    refused: pl.DataFrame
    mirror: pl.DataFrame
    conflicts: pl.DataFrame
    distance: pl.DataFrame
    annual: pl.DataFrame
    reconciled: pl.DataFrame
    unusual: pl.DataFrame = field(default_factory=lambda: result_frame("standing_unusual"))


@dataclass(frozen=True)
class CorridorSection:
    """Section 2, corridors.

    Attributes
    ----------
    corridors
        corridor_id, name, title, colour, rank.
    routes
        One row per corridor, pair and direction: corridor_id, corridor, colour, pair_label ('Almaty -> Karachi'), origin_id,
        origin, destination_id, destination, direction ('a_to_b', 'b_to_a'), status ('open', 'closed', 'absent'), reason (why
        closed or absent; empty when open), usd_20t, usd_feu, hours, days, days_p05, days_p25, days_p50, days_p75, days_p95,
        km, co2_kg (per 20 t), gauge_changes, crossings, assumed_share (share of hours and money resting on assumed rows),
        generalised_usd. Closed routes carry the figures they would have if open. Percentiles may be null.
    stages
        corridor_id, origin_id, destination_id, direction, stage, kind ('line_haul', 'crossing', 'transfer', 'sailing',
        'wait'), name, place, mode, country, km, usd_20t, usd_feu, hours, co2_kg, basis, source_id.
    closures
        What is shut on the day: place, kind, since, until, last_seen, reason, corridors (names hit), source_id.
    validation
        Model against observed trips: trip, route_label, use, status, observed_days, model_days, error_days (model minus observed),
        error_share, observed_usd, model_usd, error_usd, cost_unit, source_id, note.
    reference
        Product, load and pair the headline figures are for: key, value.
    map_nodes
        node_id, name, kind, country, lat, lon, rank (1 = always labelled).
    map_lines
        corridor_id, colour, seq, mode, state ('open', 'closed', 'planned'), lons (list of float), lats (list of float).
    arrivals
        Arrival distribution per headline route: corridor_id, corridor, colour, direction, pair_label, days (list of sampled
        door-to-door days, sorted, at most 400 values), days_p95_no_closures (P95 when no crossing closes at random), on_time_label.
    criticality
        place_id, place, kind ('crossing', 'terminal', 'link'), in_row (names of places whose closure does the same), reroute ('text of
        what replaces it'), extra_usd_t, extra_hours, extra_usd_year, pairs_cut, value_hour_usd_year, value_truck_usd_year, rank.
    sensitivity
        parameter, table, row_key, value_text, corridor_now, corridor_flipped (null where nothing flips), rival (the
        corridor that comes nearest), behind_usd_t (how far it stays behind; null where only a held route would flip), switch_text, flips
        (bool).
    weak_points
        Every place on a route, for the map: place_id, place, kind, mode (of a link), rank, same_as_rank (rank of the first place whose
        closure does the same; null where that is the place itself), extra_usd_t, extra_hours, extra_usd_year, pairs_cut, cut_off (list
        of pairs in words), value_hour_usd_year, value_truck_usd_year, lons, lats (one point, or the two ends of a link).
    amounts
        Every amount of the routes of the first pair, with the cells of the case it is the product of; see `results/corridor_amounts.csv`.
    """

    corridors: pl.DataFrame
    routes: pl.DataFrame
    stages: pl.DataFrame
    closures: pl.DataFrame
    validation: pl.DataFrame
    reference: pl.DataFrame
    map_nodes: pl.DataFrame
    map_lines: pl.DataFrame
    arrivals: pl.DataFrame
    criticality: pl.DataFrame
    sensitivity: pl.DataFrame
    weak_points: pl.DataFrame
    amounts: pl.DataFrame = field(default_factory=pl.DataFrame)


@dataclass(frozen=True)
class GoodsSection:
    """Section 3, goods.

    Attributes
    ----------
    landed
        product_id, product, hs_code, sector, basket, direction, direction_label, corridor_id, corridor, colour, route_label,
        form, price_usd_t, freight_usd_t, insurance_usd_t, time_usd_t, loss_usd_t, duty_usd_t, landed_usd_t, corridor_share (freight,
        insurance, time and loss over landed), days, tariff_text, basis (worst basis in the row), source_id.
    potential
        Potential against actual (may be empty): product_id, product, sector, actual_usd, potential_usd, low_usd, high_usd,
        unrealised_usd, method, lacks.
    basket
        Chosen goods (may be empty): `schema/results/goods_basket.csv`.
    basket_text
        What the basket solves and what binds.
    groups
        Published trade by product group for the treemap (may be empty): reporter, direction, group, sector, value_usd,
        period_label, source_id.
    commands
        Sentences saying which command brings missing product-level data in.
    """

    landed: pl.DataFrame
    potential: pl.DataFrame
    basket: pl.DataFrame
    basket_text: tuple[Note, ...]
    groups: pl.DataFrame
    commands: tuple[Note | str, ...]


@dataclass(frozen=True)
class PortsSection:
    """Section 4, ports.

    Attributes
    ----------
    ports
        node_id, port, draught_m, berths, capacity_teu_year,
        throughput_teu_year, used_share, room_of (the terminals and years behind the three, or why they cannot be compared),
        dwell_days, handling_usd_feu, free_days, storage_usd_day, usd_20t, days (door to door from the
        reference origin over the cheapest open or would-be route), corridor, usd_difference, days_difference (to the first
        port), capacity_of, throughput_of (by terminal, with the year), years (of the other figures), judged (columns), basis, source_id.
    terminals
        node_id, port, terminal, kind, operator, capacity_teu_year, capacity_year, throughput_teu_year, throughput_year, capacity_t_year,
        draught_m, dwell_days, year, note, basis,
        source_id.
    off_dock
        Off-dock terminals and dry ports: terminal, place, country, kind, operator, capacity_text, year, note, basis, source_id.
    free_zones
        zone, place, country, exempts, note, basis, source_id.
    terms
        Terms of the terminals of the two parties: `schema/results/port_terms.csv`.
    zone_gains
        A tonne of the reference product with and without each zone: `schema/results/zone_gains.csv`.
    """

    ports: pl.DataFrame
    terminals: pl.DataFrame
    off_dock: pl.DataFrame
    free_zones: pl.DataFrame
    terms: pl.DataFrame = field(default_factory=lambda: result_frame("port_terms"))
    zone_gains: pl.DataFrame = field(default_factory=lambda: result_frame("zone_gains"))


@dataclass(frozen=True)
class VentureSheet:
    """What the brief draws of a venture: tables of `karwan venture appraise`.

    Attributes
    ----------
    venture_id, venture
        Its key and name.
    announced
        Whether somebody announced it.
    indicators, decides, gains, cash
        The tables `indicators`, `what decides`, `who gains` and `cash by year`.
    """

    venture_id: str
    venture: str
    announced: bool
    indicators: pl.DataFrame
    decides: pl.DataFrame
    gains: pl.DataFrame
    cash: pl.DataFrame


@dataclass(frozen=True)
class BriefVentures:
    """Would the ventures pay: `appraisals` and `indicators` as `PlanSection` has them, and a sheet of each that is appraised."""

    appraisals: pl.DataFrame = field(default_factory=lambda: result_frame("plan_appraisals"))
    indicators: pl.DataFrame = field(default_factory=lambda: result_frame("plan_venture_indicators"))
    sheets: tuple[VentureSheet, ...] = ()


@dataclass(frozen=True)
class PlanSection:
    """Section 5, the plan.

    Attributes
    ----------
    by_domain
        domain_id, domain, rank, done, partly_done, in_progress, stalled, not_started, unknown, total, late.
    commitments
        Late ones first: commitment_id, kind (promise, or private: a contract of companies), owner (the one whose act keeps it), domain, title,
        parties, instrument, promised_on, due, due_basis, due_part (part of the promise
        that the date is about), status, status_on, late (bool), part_late (bool: that part is overdue, not the promise), days_late, evidence, evidence_url,
        scenario_id, venture_id, source_id.
    milestones
        milestone_id, title, date, date_precision, state, venture_id, source_id.
    ventures
        venture_id, venture, kind, place, parties, capex_usd, capacity_text, state, announced (bool; False for a stand-in of the case),
        promises (that name it), appraised (bool), note, basis, source_id.
    worth
        What keeping each promise is worth, the most net of duty first (may be empty): see `karwan.analysis.worth.PlanWorth.promises`.
    worth_text
        What these figures rest on: sentences.
    documents
        Documents signed or announced: `schema/results/plan_documents.csv`.
    indicators
        What shows each promise to be kept, or that nothing is published: `schema/results/plan_indicators.csv`.
    appraisals
        Would each venture pay, by bands, or why that is not known: `schema/results/plan_appraisals.csv`.
    venture_indicators
        Indicators of each venture that is appraised: `schema/results/plan_venture_indicators.csv`.
    sheets
        What is drawn of each venture that is appraised.
    """

    by_domain: pl.DataFrame
    commitments: pl.DataFrame
    milestones: pl.DataFrame
    ventures: pl.DataFrame
    worth: pl.DataFrame = field(default_factory=pl.DataFrame)
    worth_text: tuple[str | Note, ...] = ()
    documents: pl.DataFrame = field(default_factory=pl.DataFrame)
    indicators: pl.DataFrame = field(default_factory=pl.DataFrame)
    appraisals: pl.DataFrame = field(default_factory=pl.DataFrame)
    venture_indicators: pl.DataFrame = field(default_factory=pl.DataFrame)
    sheets: tuple[VentureSheet, ...] = ()


@dataclass(frozen=True)
class TargetSection:
    """Will the target be reached (may hold empty tables).

    Attributes
    ----------
    fan
        Forecast bands to the target date: model, date, p05, p25, p50, p75, p95 (USD).
    chances
        target, model, probability, low, high, basis_text, score (CRPS on back-tests, null if none).
    base_rate
        label, horizon_years, successes, cases, share, low, high.
    text
        Sentences that say what the chances rest on.
    back_tests
        How each way did on past forecasts: model, forecasts, crps, mase, cover90_share, pit_mean, log_score.
    without
        The same with the unusual months of a side's last year as a year before: `schema/results/target_without.csv`.
    """

    fan: pl.DataFrame
    chances: pl.DataFrame
    base_rate: pl.DataFrame
    text: tuple[Note | str, ...]
    back_tests: pl.DataFrame = field(default_factory=pl.DataFrame)
    without: pl.DataFrame = field(default_factory=lambda: result_frame("target_without"))


@dataclass(frozen=True)
class BasisSection:
    """Section 6, what this rests on.

    Attributes
    ----------
    shares
        section, table, observed, computed, assumed (row counts), assumed_share.
    conflicts
        kind, subject, statement.
    warnings
        table, row, column, value, message.
    sources
        number, source_id, title, publisher, year, url, licence, rows (figures resting on it).
    """

    shares: pl.DataFrame
    conflicts: pl.DataFrame
    warnings: pl.DataFrame
    sources: pl.DataFrame


@dataclass(frozen=True)
class FrontSection:
    """The first two pages, what is carried into the meeting; every table may be empty. Columns: `schema/results/front_*.csv`.

    Attributes
    ----------
    momentum
        Newest like-for-like change of each side.
    totals
        Newest twelve months of each side by kind of figure.
    without
        The same without the months that a side's year rests on and the year before has not.
    goods
        At most three goods that can be sold, or could if one input moved.
    promises
        What each side's own act keeps: asks of the other, offers of its own, ranked where reckoned.
    due
        What falls due in 60 days.
    outlook
        Turnover likely on the days of the targets.
    ways
        Open ways of the first pair with price, days and sanctions met.
    law
        Agreements of the two that are not in force.
    errors
        Mean absolute error of the model on trips held back.
    load
        Verdict on the goods that the ways are priced for, as in `goods`; empty where there is none.
    """

    momentum: pl.DataFrame = field(default_factory=pl.DataFrame)
    totals: pl.DataFrame = field(default_factory=pl.DataFrame)
    goods: pl.DataFrame = field(default_factory=pl.DataFrame)
    promises: pl.DataFrame = field(default_factory=pl.DataFrame)
    due: pl.DataFrame = field(default_factory=pl.DataFrame)
    outlook: pl.DataFrame = field(default_factory=pl.DataFrame)
    ways: pl.DataFrame = field(default_factory=pl.DataFrame)
    law: pl.DataFrame = field(default_factory=pl.DataFrame)
    errors: pl.DataFrame = field(default_factory=pl.DataFrame)
    without: pl.DataFrame = field(default_factory=lambda: result_frame("front_without"))
    load: pl.DataFrame = field(default_factory=pl.DataFrame)


@dataclass(frozen=True)
class Brief:
    """All results of one run of the main job.

    Attributes
    ----------
    case_id, title
        Case and its title ('Kazakhstan - Pakistan').
    party_a, party_b
        ISO codes; `name_a`, `name_b` their names.
    plan_title
        Title of the action plan.
    as_of
        Day the brief speaks of; nothing after it is used as known.
    version
        Version of Karwan.
    headlines
        Five to eight sentences a minister reads first.
    front
        The first two pages.
    scenarios, under
        Ids of the scenarios the brief stands under, and a sentence that names them; empty for the case as it stands.
    """

    case_id: str
    title: str
    party_a: str
    party_b: str
    name_a: str
    name_b: str
    plan_title: str
    as_of: date
    version: str
    headlines: tuple[str, ...]
    standing: Standing
    corridors: CorridorSection
    goods: GoodsSection
    ports: PortsSection
    plan: PlanSection
    target: TargetSection
    basis: BasisSection
    scenarios: tuple[str, ...] = ()
    under: str = ""
    front: FrontSection = field(default_factory=FrontSection)
