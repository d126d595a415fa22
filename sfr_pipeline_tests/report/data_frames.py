"""What was received, revised, refused and is missing, made up, of a market's own items."""

import pandas as pd

ASKED = pd.Timestamp("2009-01-05 06:00")


def data_tables(market):
    """The tables behind the answer on the data; of its items the first three are not as usual.

    Of the series the first ended two years ago, the second is stale; the first instrument comes
    from nowhere but a file.
    """
    price = [{"kind": "price", "item": one.symbol} for one in market.prices]
    series = [{"kind": "series", "item": one.id} for one in market.sourced_series]
    status = pd.DataFrame([*price, *series]).assign(
        state="current",
        reason="",
        last_ref_date=pd.Timestamp("2008-12-31"),
        asked_at=ASKED,
        accepted_at=ASKED,
        since=pd.NaT,
    )
    ended, stale = len(price), len(price) + 1
    status.loc[ended, "last_ref_date"] = pd.Timestamp("2006-12-31")
    status.loc[stale, ["state", "reason"]] = ["stale", "<b>no</b> answer from example.org"]
    first, second = (one.id for one in market.sourced_series[:2])
    return {
        "input_status": status,
        "series": pd.DataFrame(
            {
                "series": [first, first, second],
                "ref_date": pd.to_datetime(["2006-11-30", "2006-12-31", "2008-12-31"]),
                "source": ["fred: X", "fred: X", "file: own.csv"],
            }
        ),
        "missing_series": pd.DataFrame(
            [{"series": "vix", "name": "VIX", "cause": "no_source", "reason": "no file of it",
              "remedy": "put vix.csv there"}]
        ),
        "revisions": revisions_of(first, second),
        "panel_revisions": pd.DataFrame(
            columns=["known_from", "ref_date", "indicator", "dimension", "oriented"]
        ),
        "prices_quality": pd.DataFrame(
            [
                {"symbol": symbol, "issue": issue, "n_days": days, "action": action}
                for symbol, issue, days, action in (
                    ("A", "stale_month", 20, "kept"), ("B", "stale_month", 21, "kept"),
                    ("A", "split", 1, "mended"), *[("A", "split", 1, "kept")] * 2,
                )
            ]
        ),
        "posts_refused": pd.DataFrame({"reason": ["late", "empty", "late", "late"]}),
    }  # fmt: skip


def revisions_of(first, second):
    """Three of one item, one of another, one price that came late and one value withdrawn."""
    rows = [
        ("series", first, "2008-01-31", 2.0, 2.5),
        ("series", first, "2008-02-29", 2.0, -1.0),
        ("series", first, "2008-03-31", 2.0, 2.25),
        ("series", second, "2008-03-31", 100.0, 101.0),
        ("price", "A", "2008-03-31", None, 10.0),
        ("series", second, "2008-04-30", 100.0, None),
    ]
    frame = pd.DataFrame(rows, columns=["kind", "item", "ref_date", "old_value", "new_value"])
    times = pd.date_range("2008-06-01", periods=len(frame))
    return frame.assign(ref_date=pd.to_datetime(frame["ref_date"]), delivered_at=times).astype(
        {"old_value": float, "new_value": float}
    )
