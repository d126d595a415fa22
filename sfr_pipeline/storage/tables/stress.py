"""The tables of the stress leg from its labels on: predictions and their scores."""

from sfr_pipeline.evaluation.models import references
from sfr_pipeline.storage.contract import Column, Table, ordered
from sfr_pipeline.storage.tables.columns import REFIT, SEED, Kind, number, seed_spread, share
from sfr_pipeline.storage.tables.daily import (
    DAILY_FEATURES,
    DAILY_QUOTES,
    DAILY_RETURNS,
    DAY,
    PRICES_QUALITY,
)

LABELS = ("D90", "D50", "F5", "F21", "F63")

PROTOCOL = Column(
    "protocol",
    "string",
    "paper (65/15/20 in time order), paper_random (the same shares of windows drawn at random: "
    "LEAKING, for comparison with the paper only) or walk_forward (expanding; refitted as often as "
    "refit_months says)",
    allowed=("paper", "paper_random", "walk_forward"),
)
LABEL = Column(
    "label",
    "string",
    "D90: composite stress of the day above its past 90 % quantile, in two sub-markets; D50: above "
    "its median of five years; F5, F21, F63: volatility and loss of the coming days beyond past "
    "thresholds in two sub-markets",
    allowed=LABELS,
)
MODEL = Column("model", "string", "Model; table models says what it is")


def _ends(name: str, how: str, kind: Kind = number) -> tuple[Column, Column]:
    """Columns ``<name>_low`` and ``<name>_high``: the ends of a 95 % interval."""
    return (
        kind(f"{name}_low", f"Lower end of the 95 % interval: {how}", nullable=True),
        kind(f"{name}_high", f"Upper end of the 95 % interval: {how}", nullable=True),
    )


# A sample of days has as much to say of a ranking as it has episodes.
BY_EPISODES = (
    "estimate -+ t(n_episodes - 1) standard deviations over block resamples of 126 days; missing "
    "with fewer than two episodes"
)
BY_EVENTS = "exact, as of independent trials"
BY_DAYS = (
    "estimate -+ t(n_days / block - 1) standard deviations over resamples of blocks of 63 and of "
    "252 days, of the two the outer one; missing with fewer than two blocks"
)

STRESS_OUTCOMES = Table(
    name="stress_outcomes",
    description="What happened in each sub-market in the days after a day, beside thresholds from "
    "outcomes that were completed by then: from them the labels F are made.",
    columns=(
        DAY,
        Column("horizon", "int", "Trading days ahead", "days", minimum=1),
        Column("sub_market", "string", "Identifier in the catalogue"),
        number("volatility", "Realised volatility of the days, root mean of squares", "1/year^0.5",
               nullable=True),
        number("loss", "Deepest fall from a high within the days, in logs, 0 or less",
               nullable=True),
        number("volatility_threshold", "Quantile of completed outcomes", "1/year^0.5",
               nullable=True),
        number("loss_threshold", "Quantile of completed outcomes", nullable=True),
        Column("known_at", "date", "Day at whose close the outcome was complete", nullable=True),
    ),
    key=("date", "horizon", "sub_market"),
)  # fmt: skip

STRESS_LABELS = Table(
    name="stress_labels",
    description="Systemic stress by day under five stated definitions: of the day itself (D) or of "
    "the days after it (F), with thresholds from the past only.",
    columns=(
        DAY,
        LABEL,
        Column(
            "stressed",
            "int",
            "1 for stress; missing where the days ahead are not over",
            nullable=True,
            allowed=(0, 1),
        ),
        Column(
            "known_at",
            "date",
            "Day at whose close the label was known; missing where it never is, as sub-markets end",
            nullable=True,
        ),
        Column(
            "n_markets",
            "int",
            "Sub-markets that are counted: alive, in that they trade on that day, and joined, in "
            "that they have a threshold",
            minimum=0,
        ),
        Column("alive", "string", "Identifiers of those, in the catalogue's order"),
        Column("breadth", "int", "Sub-markets beyond their threshold", nullable=True, minimum=0),
        number("composite", "Composite stress of the day, from 0 to 1", nullable=True),
        share("composite_rank", "Its rank among all earlier days", nullable=True),
    ),
    key=("date", "label"),
    rules=(ordered("date", "known_at"),),
)

STRESS_LABEL_STATISTICS = Table(
    name="stress_label_statistics",
    description="Base rate and number of episodes of each label. An effective sample is the number "
    "of episodes, not of days.",
    columns=(
        LABEL,
        Column("period", "string", "all, test (the years of walk-forward tests) or a year"),
        Column("n_days", "int", "Days with a label", minimum=0),
        Column("n_stressed", "int", "Days of stress", minimum=0),
        share("base_rate", "Share of days of stress", nullable=True),
        Column(
            "n_episodes",
            "int",
            "Runs of stress, counted where they begin; runs with no more than 21 calm days between "
            "them are one",
            minimum=0,
        ),
        share("persistence_accuracy",
            "Share of days with the label that was known last: a day earlier for D, h days for F_h",
            nullable=True),
    ),
    key=("label", "period"),
)  # fmt: skip

STRESS_PREDICTIONS = Table(
    name="stress_predictions",
    description="Every prediction of stress on days that the model had not seen.",
    columns=(
        PROTOCOL,
        LABEL,
        MODEL,
        SEED,
        DAY,
        Column("fold", "int", "Number of the fit that made it; in walk_forward its test year"),
        share("probability", "Calibrated probability of stress, as published"),
        number("score", "What the model says before calibration; more means more stress"),
        REFIT,
        Column("actual", "int", "1 for stress; missing where the days ahead are not over",
               nullable=True, allowed=(0, 1)),
    ),
    key=("protocol", "label", "model", "seed", "date"),
)  # fmt: skip

STRESS_SCORES = Table(
    name="stress_scores",
    description="How well the published probability of each model tells stress from calm, beside "
    "rules and baselines. Areas and their differences have intervals by the number of episodes, "
    "losses by circular blocks of days.",
    columns=(
        PROTOCOL,
        LABEL,
        Column("period", "string", "all, development (years up to the catalogue's development_end) "
               "or confirmation (later ones)", allowed=("all", "development", "confirmation")),
        Column("days", "string", "all; onset (days after a day without stress; of F that is "
               "known only afterwards, so it describes); calm_start (days whose "
               "composite is below its past 75 % quantile)",
               allowed=("all", "onset", "calm_start")),
        MODEL,
        REFIT,
        Column("n_days", "int", "Days that are scored", minimum=1),
        Column("n_episodes", "int", "Episodes of stress among them", minimum=0),
        share("base_rate", "Share of days of stress: what AUPRC and accuracy are read against"),
        share("accuracy", "Share of right answers; called stress is a probability above the base "
              "rate known on the day, in the paper's protocols above one half", nullable=True),
        share("precision", "Share of alarms that were stress", nullable=True),
        share("recall", "Share of stress that was called", nullable=True),
        share("f1", "Harmonic mean of precision and recall", nullable=True),
        share("balanced_accuracy", "Mean of recall and specificity", nullable=True),
        number("mcc", "Matthews's correlation coefficient", nullable=True),
        share("auroc", "Area under the receiver operating characteristic of the probability as "
              "published, all days pooled; pairs of equal probabilities count half", nullable=True),
        *_ends("auroc", BY_EPISODES, share),
        share("auroc_score", "The same of the score before calibration", nullable=True),
        share("auroc_within_year", "AUROC of the probability over pairs of days of one year: free "
              "of drift", nullable=True),
        *_ends("within", BY_EPISODES, share),
        share("auprc", "Area under precision and recall of the probability; its base is base_rate",
              nullable=True),
        number("brier", "Mean squared error of the probability", nullable=True),
        number("brier_skill", "1 - Brier score over that of the expanding base rate",
               nullable=True),
        *_ends("brier_skill", BY_DAYS),
        number("reliability", "Part of the Brier score: distance from the diagonal",
               nullable=True),
        number("resolution", "Part of the Brier score: spread of outcomes over probabilities",
               nullable=True),
        number("log_score", "Mean log loss", nullable=True),
        number("usefulness_50", "Relative usefulness to a policy maker who weighs missed stress "
               "by mu = .5 (Sarlin 2013) and is alarmed above 1 - mu", nullable=True),
        number("usefulness_70", "The same, mu .7", nullable=True),
        number("usefulness_90", "The same, mu .9", nullable=True),
        Column("best_naive", "string", "The naive rule or baseline with the highest AUROC"),
        number("difference", "AUROC less that of best_naive", nullable=True),
        *_ends("difference", BY_EPISODES),
        *(
            column
            for rival in references("stress")
            for column in (
                number(f"against_{rival.id}", f"AUROC less that of {rival.name}", nullable=True),
                *_ends(f"against_{rival.id}", BY_EPISODES),
                number(f"brier_against_{rival.id}", f"Brier score less that of {rival.name}: "
                       "below 0 is better", nullable=True),
                *_ends(f"brier_against_{rival.id}", BY_DAYS),
            )
        ),
        *seed_spread("auroc", "AUROC", share, nullable=True),
    ),
    key=("protocol", "label", "period", "days", "model"),
    rules=(
        ordered("auroc_low", "auroc_high"),
        ordered("within_low", "within_high"),
        ordered("brier_skill_low", "brier_skill_high"),
        ordered("difference_low", "difference_high"),
        ordered("auroc_seed_min", "auroc_seed_max"),
    ),
)  # fmt: skip

SCORED = Column(
    "label",
    "string",
    "What the score tells: a label of daily stress, or index (the monthly real-time index) or "
    "opinion (public opinion by month), which are thresholds of their own past",
    allowed=(*LABELS, "index", "opinion"),
)
PERIODS = "trading days, or months"

EVENT_SCORES = Table(
    name="event_scores",
    description="Whether alarms came before the catalogue's events, and how long before.",
    columns=(
        SCORED,
        MODEL,
        Column("event", "string", "Identifier in table events"),
        Column("name", "string", "Name for readers"),
        Column("onset", "date", "First day of the event"),
        Column("window", "int", "Periods before the onset that count", PERIODS, minimum=1),
        Column("warned", "bool", "Whether an alarm stood in the window"),
        Column("lead", "int", "Periods from the first alarm in the window to the onset",
               PERIODS, nullable=True, minimum=1),
        Column("on_at_start", "bool", "Whether the alarm was on when the window began, so that the "
               "lead is at least that long"),
        number("score_before", "Highest score in the window: a probability, or the index's value"),
    ),
    key=("label", "model", "event"),
)  # fmt: skip

ALARM_SCORES = Table(
    name="alarm_scores",
    description="Alarms of each model over all test days, against the same alarms shifted "
    "circularly in time.",
    columns=(
        SCORED,
        MODEL,
        number("threshold", "Score above which an alarm stands, chosen on the past; the latest",
               nullable=True),
        Column("n_events", "int", "Events in the test years", minimum=0),
        Column("n_warned", "int", "Events with an alarm in their window", minimum=0),
        share("event_recall", "Share of events with an alarm in their window", nullable=True),
        *_ends("event_recall", BY_EVENTS, share),
        number("median_lead", "Median lead over the events warned of", PERIODS, nullable=True),
        Column("n_on_at_start", "int", "Events whose alarm was on when the window began",
               minimum=0),
        Column("n_alarms", "int", "Alarm episodes", minimum=0),
        Column("n_false", "int", "Alarm episodes without an event in the window after them, and "
               "not during one", minimum=0),
        share("episode_precision", "Share of alarm episodes with an event, of those that do not "
              "lie within one", nullable=True),
        *_ends("episode_precision", BY_EVENTS, share),
        number("alarms_a_year", "Alarm episodes a year", "1/year"),
        number("false_alarms_a_year", "Those of them without an event", "1/year"),
        share("time_on", "Share of periods with an alarm"),
        share("p_shifted", "Share of circular shifts of the alarms that warn of as many events, "
              "counting the alarms themselves"),
        Column("n_shifts", "int", "Circular shifts", minimum=1),
    ),
    key=("label", "model"),
)  # fmt: skip

STRESS_ROBUSTNESS = Table(
    name="stress_robustness",
    description="AUROC of each model's score, before calibration, when its inputs are perturbed.",
    columns=(
        LABEL,
        MODEL,
        Column("disturbance", "string", "none; noise (added to test inputs, in their standard "
               "deviations), dropped (share of columns set to their mean), irrelevant (columns of "
               "noise added before training)", allowed=("none", "noise", "dropped", "irrelevant")),
        number("amount", "Standard deviations, share of columns, or columns"),
        Column("n_draws", "int", "Random draws behind the mean", minimum=1),
        share("auroc", "Mean AUROC, all days pooled"),
        number("auroc_sd", "Standard deviation over the draws", nullable=True),
        number("change", "AUROC less that of the undisturbed inputs"),
    ),
    key=("label", "model", "disturbance", "amount"),
)  # fmt: skip

STRESS_TRAINING_HISTORY = Table(
    name="stress_training_history",
    description="Loss curves of the daily networks (the paper's Figure 2).",
    columns=(
        PROTOCOL,
        LABEL,
        MODEL,
        Column("fold", "int", "Number of the fit; in walk_forward its test year"),
        SEED,
        Column("epoch", "int", "Pass over the training windows, or stretch of steps", minimum=1),
        number("training_loss", "Mean cross-entropy of the pass"),
        number("validation_loss", "Cross-entropy of the validation windows", nullable=True),
    ),
    key=("protocol", "label", "model", "fold", "seed", "epoch"),
)

STRESS_TABLES = (
    PRICES_QUALITY,
    DAILY_QUOTES,
    DAILY_RETURNS,
    DAILY_FEATURES,
    STRESS_OUTCOMES,
    STRESS_LABELS,
    STRESS_LABEL_STATISTICS,
    STRESS_PREDICTIONS,
    STRESS_SCORES,
    EVENT_SCORES,
    ALARM_SCORES,
    STRESS_ROBUSTNESS,
    STRESS_TRAINING_HISTORY,
)
