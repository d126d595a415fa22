"""Where a market's rules of alerts are read from, and what refuses a wrong file.

A file ``<market>.yaml`` in the folder that the environment variable SFR_ALERTS names comes first,
then one in ``markets/alerts/`` of the workspace, each as a whole. A market without either has the
rules that this package ships for any market, as far as they fit the legs that it has.
"""

from pathlib import Path

from sfr_pipeline import settings
from sfr_pipeline.errors import AlertError, SettingError
from sfr_pipeline.markets import Market
from sfr_pipeline.markets.catalogue import FOLDER, read_model
from sfr_pipeline.markets.validation import ValidationErrors
from sfr_pipeline.operation.rules import AlertRules, MissedRefreshRule, Rule, StaleRule
from sfr_pipeline.workspace import markets_folder

# The environment variable that names a folder of rules files.
ALERTS_FOLDER = "SFR_ALERTS"
# Of the workspace's markets, and of this package's.
ALERTS = "alerts"
SHIPPED = FOLDER / ALERTS / "default.yaml"
# Of a file, in words.
KEYS = "'notify' and 'rules'"


def load_rules(market: Market) -> AlertRules:
    """Read the rules of a market.

    Raises:
        AlertError: SFR_ALERTS names no folder.
        CatalogueError: the file is wrong; each mistake is named with its line.
    """
    for folder in _own_folders():
        if (path := folder / f"{market.name}.yaml").is_file():
            return read_rules(path, market)
    return default_rules(market)


def default_rules(market: Market) -> AlertRules:
    """The rules of a market that has no file of them: on the legs that it has, no others."""
    shipped = read_model(SHIPPED, AlertRules, lambda _: iter(()), KEYS)
    fitting = [rule for rule in shipped.rules if _fits(rule, market)]
    return shipped.model_copy(update={"rules": fitting})


def read_rules(path: Path, market: Market) -> AlertRules:
    """Read a rules file.

    Raises:
        CatalogueError: the file is wrong; each mistake is named with its line.
    """

    def between(rules: AlertRules) -> ValidationErrors:
        return _errors(rules, market)

    return read_model(path, AlertRules, between, KEYS)


def _own_folders() -> list[Path]:
    """Where rules of one's own lie, the first to be looked into first."""
    folders: list[Path] = []
    try:
        folders += filter(None, [settings.present_folder(ALERTS_FOLDER)])
    except SettingError as error:
        raise AlertError(str(error)) from error
    markets = markets_folder()
    return [*folders, markets / ALERTS] if markets is not None else folders


def _fits(rule: Rule, market: Market) -> bool:
    """Whether a market has what a rule looks at; one whose sample is fixed is never late."""
    if isinstance(rule, MissedRefreshRule | StaleRule):
        return market.sample.goes_on
    return rule.needs is None or _legs(market)[rule.needs]


def _legs(market: Market) -> dict[str, bool]:
    """Whether a market has what rules may need."""
    return {
        "index": market.monthly,
        "forecasting": market.forecasting is not None,
        "stress": market.stress is not None,
    }


def _errors(rules: AlertRules, market: Market) -> ValidationErrors:
    legs = _legs(market)
    first: dict[str, int] = {}
    for position, rule in enumerate(rules.rules):
        if rule.id in first:
            message = f"'{rule.id}' is already the id of rule {first[rule.id] + 1}: rename this one"
            yield ("rules", position, "id"), message
        first.setdefault(rule.id, position)
        if rule.needs and not legs[rule.needs]:
            lack = "index" if rule.needs == "index" else f"{rule.needs} leg"
            yield (
                ("rules", position, "kind"),
                f"market {market.name} has no {lack} to judge: leave this rule out",
            )
