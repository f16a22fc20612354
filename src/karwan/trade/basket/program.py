"""The mixed-integer program of a basket: its rows, and the solver behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import highspy
import numpy as np
import polars as pl
from highspy.highs import _Highs as Solver  # type: ignore[attr-defined]  # the public one prints a banner

from karwan.errors import InvalidInput, NotConverged
from karwan.trade.basket.model import Array, Objective, Scenarios, Terms

INF = highspy.kHighsInf


@dataclass(frozen=True)
class Row:
    """One named constraint: lower <= coefficients . columns <= upper; `size` is what one scaled unit of a
    capacity stands for.
    """

    name: str
    kind: str
    columns: np.ndarray
    coefficients: np.ndarray
    lower: float
    upper: float
    unit: str = "USD"
    size: float = 1.0


@dataclass(frozen=True)
class Program:
    """A basket as a program over the columns s (share of each bound), y (good chosen) and those of the
    scenarios.

    Attributes
    ----------
    scale
        USD per unit of the money rows.
    rows
        Named constraints; links between s and y come apart in `links`.
    """

    goods: int
    scale: float
    lower: Array
    upper: Array
    cost: Array
    integer: np.ndarray
    links: list[Row]
    rows: list[Row]
    maximise: bool = False

    def without(self, *names: str) -> Program:
        """The program without the rows of these names."""
        return replace(self, rows=[row for row in self.rows if row.name not in names])

    def fixed(self, solution: Array) -> Program:
        """The linear program with every integer column held at its value in a solution."""
        lower, upper = self.lower.copy(), self.upper.copy()
        held = self.integer.astype(bool)
        lower[held] = upper[held] = np.round(solution[held])
        return replace(self, lower=lower, upper=upper, integer=np.zeros_like(self.integer))


@dataclass(frozen=True)
class Solution:
    """Answer of the solver: status, columns, duals of the named rows, objective, gap."""

    status: str
    columns: Array
    duals: Array
    activity: Array
    objective: float
    gap_share: float


@dataclass
class _Rows:
    """Rows under construction."""

    rows: list[Row] = field(default_factory=list)

    def add(
        self,
        name: str,
        kind: str,
        columns: np.ndarray,
        coefficients: np.ndarray,
        lower: float = -INF,
        upper: float = INF,
        unit: str = "USD",
        size: float = 1.0,
    ) -> None:
        self.rows.append(
            Row(name, kind, columns, np.asarray(coefficients, dtype=float), lower, upper, unit, size)
        )


def build(
    goods: pl.DataFrame,
    *,
    most_goods: int,
    target_usd: float | None,
    objective: Objective,
    sector_caps: Mapping[str, float],
    capacity: pl.DataFrame | None,
    scenarios: Scenarios | None,
    terms: Terms,
) -> Program:
    """Program of a basket (F13): s_k <= y_k, sum y <= N, value >= target, and the other terms.

    Parameters
    ----------
    goods
        Result of `checked_goods`.
    """
    count = goods.height
    bound = goods["bound_usd"].to_numpy()
    scale = max(target_usd or 0.0, float(bound.max(initial=0.0)), 1.0)
    x, y = np.arange(count), np.arange(count, 2 * count)
    need = None if target_usd is None else target_usd - sum(terms.baseline_usd.values())
    rows = _Rows()
    rows.add(
        "number of goods", "count", y, np.ones(count), float(terms.fewest_goods), float(most_goods), "goods"
    )
    expected = bound if scenarios is None else bound * checked_shares(scenarios, count).mean(axis=0)
    if need is not None and scenarios is None:
        rows.add("target", "target", x, bound / scale, need / scale)
    _sector_rows(rows, goods, bound / scale, sector_caps)
    _capacity_rows(rows, goods, bound, capacity, terms.usage)
    if terms.balance is not None:
        _balance_rows(rows, goods, bound / scale, terms, scale)
    unit_cost = goods["cost_share"].to_numpy() * bound
    fixed_cost = goods["cost_usd"].to_numpy()
    if terms.budget_usd is not None:
        both = np.concatenate([unit_cost, fixed_cost]) / scale
        rows.add("budget", "budget", np.concatenate([x, y]), both, upper=terms.budget_usd / scale)
    program = Program(
        goods=count,
        scale=scale,
        lower=np.zeros(2 * count),
        upper=np.ones(2 * count),
        cost=np.concatenate([unit_cost, fixed_cost]) / scale,
        integer=np.repeat([0, 1], count),
        links=_links(goods, bound),
        rows=rows.rows,
    )
    if objective == "value":
        program = replace(program, cost=np.concatenate([expected / scale, np.zeros(count)]), maximise=True)
    if scenarios is None or need is None:
        return program
    return _with_scenarios(program, bound / scale, need / scale, scenarios)


def _links(goods: pl.DataFrame, bound: Array) -> list[Row]:
    count = goods.height
    least = goods["least_usd"].to_numpy()
    if np.any(least > bound * (1 + 1e-9)):
        worst = goods["product_id"][int(np.argmax(least - bound))]
        raise InvalidInput(
            "A good's least value is above its bound.", str(worst), "drop the good or lower its least_usd."
        )
    rows = [
        Row(f"link {k}", "link", np.array([k, count + k]), np.array([1.0, -1.0]), -INF, 0.0)
        for k in range(count)
    ]
    for k in np.flatnonzero((least > 0) & (bound > 0)):
        share = least[k] / bound[k]
        rows.append(Row(f"least {k}", "link", np.array([k, count + k]), np.array([1.0, -share]), 0.0, INF))
    return rows


def _sector_rows(rows: _Rows, goods: pl.DataFrame, value: Array, caps: Mapping[str, float]) -> None:
    sectors = goods["sector"].to_numpy()
    names = sorted(set(sectors)) if "*" in caps else []
    every = {name: caps["*"] for name in names} | {k: v for k, v in caps.items() if k != "*"}
    unknown = sorted(set(every) - set(sectors))
    if unknown:
        raise InvalidInput(
            f"No good belongs to the sector {unknown[0]!r}.",
            f"sectors: {', '.join(sorted(set(sectors)))}",
            "use one of these names.",
        )
    for name, cap in every.items():
        if not 0.0 <= cap <= 1.0:
            raise InvalidInput(f"The cap of sector {name} is {cap}.", fix="give a share in [0, 1].")
        if cap < 1.0:
            inside = (sectors == name).astype(float)
            rows.add(f"sector {name}", "sector", np.arange(goods.height), (inside - cap) * value, upper=0.0)


def _capacity_rows(
    rows: _Rows, goods: pl.DataFrame, bound: Array, capacity: pl.DataFrame | None, usage: pl.DataFrame | None
) -> None:
    if capacity is None:
        return
    tonnes = goods["tonnes_per_usd"].to_numpy() * bound
    direction = goods["direction"].to_numpy()
    for row in capacity.iter_rows(named=True):
        if usage is None:
            share = np.ones(goods.height) if row.get("direction") is None else direction == row["direction"]
        else:
            own = usage.filter(pl.col("name") == row["name"]).select("product_id", "share")
            joined = goods.select("product_id").join(own, on="product_id", how="left", maintain_order="left")
            share = joined["share"].fill_null(0.0).to_numpy()
        size = max(row["capacity_t"], 1.0)
        used = np.flatnonzero(share * tonnes)
        load, limit = (share * tonnes)[used] / size, row["capacity_t"] / size
        rows.add(row["name"], "capacity", used, load, upper=limit, unit="t", size=size)


def _balance_rows(rows: _Rows, goods: pl.DataFrame, value: Array, terms: Terms, scale: float) -> None:
    assert terms.balance is not None
    least, most = terms.balance
    out = (goods["direction"] == "a_to_b").to_numpy().astype(float)
    base_out = terms.baseline_usd.get("a_to_b", 0.0) / scale
    base_back = terms.baseline_usd.get("b_to_a", 0.0) / scale
    x = np.arange(goods.height)
    rows.add(
        "balance, least", "balance", x, (out - least * (1 - out)) * value, lower=least * base_back - base_out
    )
    rows.add(
        "balance, greatest", "balance", x, (out - most * (1 - out)) * value, upper=most * base_back - base_out
    )


def checked_shares(scenarios: Scenarios, goods: int) -> Array:
    """Shares of the scenarios, shape (R, goods).

    Raises
    ------
    InvalidInput
        They do not fit the goods, or the risk is no share.
    """
    shares = np.asarray(scenarios.shares, dtype=float)
    if shares.ndim != 2 or shares.shape[1] != goods or not np.all(np.isfinite(shares)) or shares.min() < 0:
        raise InvalidInput(
            "The scenarios do not fit the goods.",
            f"shape {shares.shape}, {goods} goods",
            "give one row per scenario and one column per good, figures >= 0.",
        )
    if not 0.0 < scenarios.risk < 1.0:
        raise InvalidInput(f"The risk is {scenarios.risk}.", fix="give a share between 0 and 1.")
    return shares


def _with_scenarios(program: Program, value: Array, need: float, scenarios: Scenarios) -> Program:
    """Add the chance or CVaR rows. A scenario z=1 may miss the target; big-M is the need itself, the tightest
    for values >= 0.
    """
    shares = checked_shares(scenarios, program.goods)
    count, first = shares.shape[0], program.lower.size
    x, rows = np.arange(program.goods), _Rows(list(program.rows))
    if scenarios.kind == "chance":
        z = first + np.arange(count)
        for r in range(count):
            # need >= 0 or the row is void
            columns = np.append(x, z[r])
            rows.add(f"scenario {r}", "target", columns, np.append(shares[r] * value, max(need, 0.0)), need)
        allowed = float(np.floor(scenarios.risk * count + 1e-9))
        rows.add("missed scenarios", "risk", z, np.ones(count), upper=allowed, unit="scenarios")
        return _grown(program, rows, np.zeros(count), np.ones(count), np.ones(count))
    t, excess = first, first + 1 + np.arange(count)
    for r in range(count):  # excess >= (need - value) - t
        columns = np.concatenate([x, [t, excess[r]]])
        rows.add(f"scenario {r}", "tail", columns, np.concatenate([shares[r] * value, [1.0, 1.0]]), need)
    weights = np.concatenate([[1.0], np.full(count, 1.0 / (scenarios.risk * count))])
    limit = scenarios.shortfall_usd / program.scale
    rows.add("mean shortfall in the tail", "target", np.concatenate([[t], excess]), weights, upper=limit)
    lower = np.concatenate([[-INF], np.zeros(count)])
    return _grown(program, rows, lower, np.full(count + 1, INF), np.zeros(count + 1))


def _grown(program: Program, rows: _Rows, lower: Array, upper: Array, integer: Array) -> Program:
    return replace(
        program,
        rows=rows.rows,
        lower=np.concatenate([program.lower, lower]),
        upper=np.concatenate([program.upper, upper]),
        cost=np.concatenate([program.cost, np.zeros(lower.size)]),
        integer=np.concatenate([program.integer, integer.astype(program.integer.dtype)]),
    )


def solve_program(program: Program, *, gap_share: float, time_limit_s: float) -> Solution:
    """Solve with HiGHS.

    Returns
    -------
    Solution with status 'optimal', 'limit' or 'infeasible'. Duals are those of `program.rows`, and only
    meaningful for a program without integer columns.

    Raises
    ------
    NotConverged
        Time ran out before any basket was found.
    """
    every = program.links + program.rows
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = program.lower.size, len(every)
    lp.col_cost_ = program.cost
    lp.col_lower_, lp.col_upper_ = program.lower, program.upper
    lp.row_lower_ = np.array([row.lower for row in every])
    lp.row_upper_ = np.array([row.upper for row in every])
    matrix = lp.a_matrix_
    matrix.format_ = highspy.MatrixFormat.kRowwise
    matrix.start_ = np.cumsum([0] + [row.columns.size for row in every]).astype(np.int32)
    matrix.index_ = np.concatenate([row.columns for row in every]).astype(np.int32)
    matrix.value_ = np.concatenate([row.coefficients for row in every])
    lp.sense_ = highspy.ObjSense.kMaximize if program.maximise else highspy.ObjSense.kMinimize
    mixed = bool(program.integer.any())
    if mixed:
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[int(flag)] for flag in program.integer]
    solver = Solver()
    for option, value in (
        ("output_flag", False),
        ("mip_rel_gap", gap_share),
        ("time_limit", time_limit_s),
        ("threads", 1),
        ("mip_feasibility_tolerance", 1e-9),
        ("primal_feasibility_tolerance", 1e-9),
    ):
        solver.setOptionValue(option, value)
    solver.passModel(lp)
    solver.run()
    return _read(solver, program, mixed)


def _read(solver: Solver, program: Program, mixed: bool) -> Solution:
    status = solver.getModelStatus()
    found = solver.getInfo().primal_solution_status == 2  # kSolutionStatusFeasible
    infeasible = (
        highspy.HighsModelStatus.kInfeasible,
        highspy.HighsModelStatus.kUnboundedOrInfeasible,
    )
    empty = np.zeros(0)
    if status in infeasible:
        return Solution("infeasible", empty, empty, empty, float("nan"), float("nan"))
    if not found:
        raise NotConverged(
            "No basket was found in time.",
            f"solver: {solver.modelStatusToString(status)}",
            "allow more time.",
        )
    answer, info = solver.getSolution(), solver.getInfo()
    optimal = status == highspy.HighsModelStatus.kOptimal
    links = len(program.links)
    return Solution(
        status="optimal" if optimal else "limit",
        columns=np.array(answer.col_value),
        duals=np.array(answer.row_dual)[links:] if not mixed else empty,
        activity=np.array(answer.row_value)[links:],
        objective=info.objective_function_value,
        gap_share=max(0.0, info.mip_gap) if mixed else 0.0,
    )
