"""Corridor and trade together in words."""

from __future__ import annotations

from karwan.words.english.plural import Plural

COUPLING: dict[str, str | Plural] = {
    "response.trade_figure": "Change of trade by pair of countries",
    "response.trade_caption": "Trade after less trade before, the fullest answer there is: with queues and in equilibrium unless the form leaves them out.",
    "response.gains_figure": "What it is worth to each country",
    "response.gains_caption": "Worth of the change in equilibrium; deficits as the form says. A country that loses is drawn to the left.",
    "response.nothing_moves": "Nothing moves by a dollar.",
    "coupling.state": "From {before} to {after}, on {day}.",
    "coupling.base": (
        "Base: {scenarios} in force, the state trade was made in. `karwan plan worth` starts from the case as it stands, so the same scenario can be worth "
        "0 there and move trade here."
    ),
    "coupling.in_force_already": (
        "Nothing moves: trade of {year} was made in this state ({scenarios} in force). Ask `today` (karwan scenario trade today) for what its absence does."
    ),
    "coupling.in_force_beside": "Trade of {year} was made with {scenarios} in force already: only the other scenarios move anything.",
    "coupling.split": (
        "No trade by good is read: the trade of a pair and sector is spread over its goods by an {split}, so money by good is no observation and its "
        "tonnes are left out here (--json and --csv hold them). Landed cost is left out of goods whose price is assumed. Ratios and changes are of each good."
    ),
    "coupling.shown": (
        "Not shown: {countries} countries that move less and {places} places that neither fill nor are full; --json and --csv hold all. Money and "
        "tonnes to three digits."
    ),
    "coupling.as_it_stands": "the case as it stands",
    "coupling.under": "{scenarios} in force",
    "coupling.world": (
        "{countries} countries, {sectors} sectors, trade of {year}; {assumed_share:.0%} of its value is assumed. Elasticities {low:.3g} to {high:.3g}."
    ),
    "coupling.no_world": (
        "The case has no trade of the world (world_flows.csv), so incomes and third countries do not answer: equilibrium columns are empty, and "
        "the trade is what the parties report of one another."
    ),
    "coupling.no_incomes": "Incomes and third countries are left as they are, as asked.",
    "coupling.goods": (
        "{goods} goods of {pairs} country pairs over {routes} ways; {lost} goods have no route before the change, so their cost ratio is not known and "
        "their trade stays as it is: what new trade might start is a question of potential (`karwan trade potential --scenario`)."
    ),
    "coupling.loop": "Loop of corridor and trade: {iterations} evaluations, residual {residual:.1e} of the base tonnes.",
    "coupling.not_settled": (
        "The loop of corridor and trade did not settle: residual {residual:.1e} after {iterations} evaluations; do not use the columns with queues."
    ),
    "coupling.beyond": Plural(
        "count",
        "{count} place is loaded beyond what its delay holds for ({names}): queues there would grow day after day, and the model holds them on a line.",
        "{count} places are loaded beyond what their delay holds for ({names}): queues there would grow day after day, and the model holds them on a line.",
    ),
    "coupling.banned": "Banned by a closure, whatever the route: {pairs}.",
    "coupling.held": (
        "Largest gap of any identity (markets, spending, incomes, home shares) in the {states} states reckoned: {gap:.1e}; above 1e-10 there would be no answer."
    ),
    "coupling.identities": (
        "Largest gap of any identity (markets, spending, incomes, home shares): {gap:.1e}. Incomes are those of {deficits} deficits."
    ),
    "coupling.quota_open": "Trips and permits were not brought together: trade holds more trips than there are permits.",
    "coupling.permits_unknown": "Permits of {regimes} hold nothing here: no trade is known whose trips could be counted.",
    "coupling.static": (
        "Static: no queue is carried over from day to day, and no crossing answers with more capacity. Values are spending at landed cost, duty and time in it; tonnes "
        "fall further where a tonne costs more."
    ),
    "coupling.draws": (
        "P5, P50 and P95 of {draws} joint draws (seed {seed}{frozen}): elasticities, scale of choice, day share, reserve, insurance, hours at borders and terminals, "
        "value per tonne, level of the base flows."
    ),
    "coupling.frozen": ", hours of queues held",
    "coupling.worth": (
        "In equilibrium: welfare of {who}, USD a year, deficits keeping their dollars (usd_year_ge_universal: their share of output), duty given back to who "
        "spends it, queues of the new trade in it; base flows were made under {before}. "
        "Trade of every country pair on the corridors counts, that of either party with its neighbours too. Its rank stands beside the rank net of duty at the flows valued."
    ),
    "coupling.side_loses": (
        "First rank is no gain to both: under “{scenario}” {loser} loses {lost_usd} a year where all trade answers ({other}: {gained_usd}). "
        "Ranks are by the valued trade of the two alone{valued}; `--general-equilibrium` gives each promise by side."
    ),
    "coupling.valued_year": " ({flows_usd} in {year})",
    "coupling.loss_cause": "By the model {loser} sells {less_usd} a year less to {market}, where {other} sells {more_usd} more than with what is shut today.",
    "coupling.loss_pair": (
        "{exporter}'s trade to {importer} under it, alone in the world as it stands, costs {loser} {alone_usd} a year; all else brings {loser} {rest_usd}."
    ),
    "coupling.loss_bands": "5 to 95 % of joint draws, queues and the scenario itself not drawn: {each}.",
    "coupling.loss_band": "{name} {low_usd} to {high_usd}",
    "coupling.sides": "Side a is {a}, side b {b}.",
    "coupling.bands": (
        "Low and high in equilibrium: 5 and 95 % points of {draws} joint draws (seed {seed}) of elasticities, choice, reserve, insurance, hours, values and base flows, "
        "hours of queues held, wide enough to hold the figure itself; what a scenario supposes is not drawn."
    ),
    "coupling.worth_together": "All promises together are worth {together_usd} a year, each alone {alone_usd} added up.",
    "coupling.worth_partial": (
        "The case has no trade of the world: worth where trade answers is the fall of landed cost at tonnes between before and after, by importer."
    ),
    "coupling.worth_stuck": "The loop did not settle under {scenarios}: do not use their equilibrium figures.",
    "coupling.quota": (
        "Permits hold “{scenario}”: {wanted:,.0f} trips a year of trucks of {trucks} would come under {regime}, {permits:,.0f} do "
        "(its permits, or the trips of today or of the base where these are more), as at a price of USD {permit_usd:,.0f} a permit, which stays with the trade that has one."
    ),
    "coupling.failed_draws": "{count} draws did not settle and are left out.",
}
