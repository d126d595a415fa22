"""Tables written down in a few words, and what an audit says of them."""

from sfr_pipeline.evaluation.audit import audit, published


def table(rows, split="", name="Table 1"):
    """Groups of ``{row: {statistic: value}}``."""
    return published(
        {"table": name, "split": split, "row": row, "statistic": statistic, "value": value}
        for row, numbers in rows.items()
        for statistic, value in numbers.items()
    )


def faults(rows, **options):
    """What is wrong with such a table, by severity and statement."""
    return [(found.severity, found.says) for found in audit(table(rows), **options).faults]


def only(findings, phrase):
    """The one finding whose statement holds a phrase."""
    (found,) = [finding for finding in findings if phrase in finding.says]
    return found
