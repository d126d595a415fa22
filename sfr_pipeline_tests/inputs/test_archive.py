"""The archive: versions of values, what was known when, and what a delivery adds."""

import datetime as dt

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfr_pipeline.inputs import archive
from sfr_pipeline.storage import tables
from sfr_pipeline.storage.parquet import ParquetStore
from sfr_pipeline.storage.publish import publish

FIRST = dt.datetime(2024, 2, 20, 6)
SECOND = dt.datetime(2024, 3, 20, 6)


def version(item, period, value, available_at, delivered_at=FIRST, *, kind="series", field="value"):
    return {
        "kind": kind, "item": item, "field": field, "ref_date": pd.Timestamp(period),
        "available_at": pd.Timestamp(available_at), "value": value, "assumed": True,
        "delivered_at": pd.Timestamp(delivered_at), "source": "made up", "sha256": "0", "run": "r",
    }  # fmt: skip


def archived(*versions):
    frame = pd.DataFrame(list(versions))
    return frame.astype({"value": float})


REVISED = archived(
    version("jobs", "2023-12-31", 5.0, "2024-01-25"),
    version("jobs", "2024-01-31", 6.0, "2024-02-25"),
    version("jobs", "2023-12-31", 5.5, "2024-03-20", SECOND),
    version("jobs", "2024-02-29", 7.0, "2024-03-25", SECOND),
    version("homes", "2023-12-31", 1.0, "2024-01-10"),
    version("homes", "2023-12-31", np.nan, "2024-03-20", SECOND),
)


@pytest.mark.parametrize(
    ("day", "delivered", "values"),
    [
        ("2024-01-24", None, {}),
        ("2024-01-31", None, {"2023-12-31": 5.0}),
        ("2024-02-29", None, {"2023-12-31": 5.0, "2024-01-31": 6.0}),
        ("2024-03-20", None, {"2023-12-31": 5.5, "2024-01-31": 6.0}),
        (None, None, {"2023-12-31": 5.5, "2024-01-31": 6.0, "2024-02-29": 7.0}),
        # What the first run saw, whatever has come since.
        ("2024-03-31", FIRST, {"2023-12-31": 5.0, "2024-01-31": 6.0}),
    ],
)
def test_what_was_known_on_a_day_of_what_had_been_delivered(day, delivered, values):
    known_on = None if day is None else dt.date.fromisoformat(day)
    series = archive.series_as_of(REVISED, known_on, delivered)
    jobs = series[series["series"] == "jobs"].set_index("ref_date")
    assert jobs["value"].to_dict() == {pd.Timestamp(key): value for key, value in values.items()}


def test_a_revised_value_keeps_the_day_on_which_its_period_was_first_known():
    jobs = archive.series_as_of(REVISED).set_index(["series", "ref_date"]).loc["jobs"]
    assert jobs.loc["2023-12-31", "available_at"] == pd.Timestamp("2024-01-25")
    assert jobs.loc["2023-12-31", "revised_at"] == pd.Timestamp("2024-03-20")
    assert pd.isna(jobs.loc["2024-01-31", "revised_at"])


def test_what_was_withdrawn_is_gone_from_that_day_on():
    before = archive.series_as_of(REVISED, dt.date(2024, 3, 19))
    assert set(before["series"]) == {"jobs", "homes"}
    assert set(archive.series_as_of(REVISED)["series"]) == {"jobs"}


def test_revisions_name_old_and_new():
    rows = archive.revision_rows(REVISED)
    told = rows.set_index("item")[["old_value", "new_value"]]
    assert told.loc["jobs"].tolist() == [5.0, 5.5]
    assert told.loc["homes", "old_value"] == 1.0
    assert np.isnan(told.loc["homes", "new_value"])
    assert len(rows) == 2


def test_the_macro_and_the_function_agree_on_every_day(tmp_path):
    ParquetStore(tmp_path).append("us", tables.DELIVERIES, REVISED, FIRST, "r")
    path = publish(tmp_path, {})
    with duckdb.connect(str(path), read_only=True) as connection:
        for day in pd.date_range("2024-01-01", "2024-04-01", freq="3D"):
            query = f"FROM series_as_of('us', '{day:%Y-%m-%d}') ORDER BY series, ref_date"
            rows = connection.execute(query).df()
            ours = archive.series_as_of(REVISED, day.date())
            pd.testing.assert_frame_equal(rows, ours[list(rows)], check_dtype=False)
        rows = connection.execute(
            f"FROM series_as_of('us', '2024-04-01', delivered := '{FIRST}')"
        ).df()
        assert sorted(rows["value"]) == [1.0, 5.0, 6.0]


def bars(symbol, values, adjustments=()):
    return [
        version(symbol, day, value, day, kind="price", field="close")
        for day, value in values.items()
    ] + [
        version(symbol, day, value, day, kind="price", field="adjustment")
        for day, value in dict(adjustments).items()
    ]


def test_a_payout_changes_no_price_before_it_and_returns_are_those_of_the_adjusted_close():
    quoted = {"2024-01-02": 100.0, "2024-01-03": 98.0, "2024-01-04": 99.0}
    # Two were paid out on the 3rd: adjusted closes seen from the end are 98, 98 and 99.
    paid = {"2024-01-03": 100.0 / 98.0}
    before = archive.prices_as_of(archived(*bars("FUND", quoted)))
    after = archive.prices_as_of(archived(*bars("FUND", quoted, paid)))
    assert before["close"].iloc[0] == after["close"].iloc[0] == 100.0
    returns = after["close"].pct_change().dropna()
    np.testing.assert_allclose(returns, [0.0, 99.0 / 98.0 - 1.0], atol=1e-15)
    np.testing.assert_allclose(after["close"] / after["adjustment"], list(quoted.values()))


def test_the_rounding_of_a_factor_is_no_revision_and_another_payout_is():
    history = archived(*bars("FUND", {"2024-01-03": 98.0}, {"2024-01-03": 1.02}))

    def delivered(factor):
        rows = history[["field", "ref_date", "value", "available_at", "assumed"]]
        rows = rows.assign(value=rows["value"].where(rows["field"] == "close", factor))
        return archive.changes(history, rows, SECOND, FIRST)

    assert delivered(1.020000004).empty
    assert delivered(1.03)["field"].tolist() == ["adjustment"]


def answer(values, available_at=None, *, assumed=True):
    days = pd.to_datetime(list(values))
    known = days + pd.Timedelta(days=25) if available_at is None else pd.to_datetime(available_at)
    return pd.DataFrame(
        {"field": "value", "ref_date": days, "value": list(values.values()), "available_at": known,
         "assumed": assumed}
    )  # fmt: skip


HISTORY = archived(
    version("jobs", "2023-11-30", 4.0, "2023-12-25"),
    version("jobs", "2023-12-31", 5.0, "2024-01-25"),
)


def added(values, **options):
    rows = archive.changes(HISTORY, answer(values, **options), SECOND, FIRST)
    days = rows["available_at"].dt.strftime("%Y-%m-%d")
    return dict(
        zip(
            rows["ref_date"].dt.strftime("%Y-%m"),
            zip(rows["value"], days, strict=True),
            strict=True,
        )
    )


def test_what_is_known_already_adds_nothing():
    assert added({"2023-11-30": 4.0, "2023-12-31": 5.0}) == {}


def test_a_new_version_is_known_from_the_day_of_its_delivery():
    assert added({"2023-11-30": 4.5, "2023-12-31": 5.0}) == {"2023-11": (4.5, "2024-03-20")}


def test_a_new_value_is_known_from_its_release_unless_it_was_asked_for_in_vain():
    came = added({"2023-11-30": 4.0, "2023-12-31": 5.0, "2024-01-31": 6.0, "2024-02-29": 7.0})
    # January was to be out on 25 February, after the delivery of the 20th; February on 25 March.
    assert came == {"2024-01": (6.0, "2024-02-25"), "2024-02": (7.0, "2024-03-25")}
    late = archived(version("jobs", "2023-11-30", 4.0, "2023-12-25"))
    rows = archive.changes(late, answer({"2023-11-30": 4.0, "2023-12-31": 5.0}), SECOND, FIRST)
    assert rows["available_at"].tolist() == [pd.Timestamp("2024-03-20")]
    assert not rows["assumed"].any()


def test_a_value_that_is_gone_is_noted_unless_the_source_serves_the_last_years_alone():
    rows = archive.changes(HISTORY, answer({"2023-12-31": 5.0}), SECOND, FIRST)
    assert rows["value"].isna().tolist() == [True]
    assert rows["available_at"].tolist() == [pd.Timestamp("2024-03-20")]
    kept = archive.changes(HISTORY, answer({"2023-12-31": 5.0}), SECOND, FIRST, rolling=True)
    assert kept.empty


def test_a_source_with_vintages_of_its_own_fills_the_past():
    vintages = pd.concat(
        [
            answer({"2023-11-30": 4.0}, ["2023-12-25"], assumed=False),
            answer({"2023-11-30": 4.2}, ["2024-01-25"], assumed=False),
            answer({"2023-11-30": 4.3}, ["2024-02-25"], assumed=False),
        ],
        ignore_index=True,
    )
    rows = archive.changes(HISTORY.iloc[:1], vintages, SECOND, FIRST)
    assert rows["value"].tolist() == [4.2, 4.3]
    whole = pd.concat(
        [HISTORY.iloc[:1], rows.assign(kind="series", item="jobs", delivered_at=SECOND)]
    )
    on = archive.series_as_of(whole, dt.date(2024, 1, 31))
    assert on["value"].tolist() == [4.2]


@settings(deadline=None, max_examples=25)
@given(
    st.lists(
        st.dictionaries(st.integers(0, 5), st.integers(0, 3), min_size=1), min_size=1, max_size=6
    )
)
def test_whatever_is_delivered_the_newest_view_is_the_last_delivery_and_no_old_view_changes(given_):
    """A property: views as of moments before a delivery never change by it."""
    months = pd.date_range("2023-01-31", periods=6, freq="ME")
    history, seen = REVISED.iloc[:0], []
    for number, values in enumerate(given_):
        at = FIRST + dt.timedelta(days=30 * number)
        rows = answer({months[month]: float(value) for month, value in values.items()})
        before = at - dt.timedelta(days=30)
        new = archive.changes(history, rows, at, before) if len(history) else rows
        new = new.assign(kind="series", item="jobs", delivered_at=pd.Timestamp(at), source="s",
                         sha256="0", run="r")  # fmt: skip
        history = pd.concat([history, new], ignore_index=True)
        newest = archive.series_as_of(history).set_index("ref_date")["value"]
        assert newest.to_dict() == {months[key]: float(values[key]) for key in sorted(values)}
        seen.append((at, newest))
    for at, newest in seen:
        again = archive.series_as_of(history, delivered=at).set_index("ref_date")["value"]
        pd.testing.assert_series_equal(again, newest)


def test_a_price_that_came_late_is_in_no_view_before_it_came():
    closes = {"2024-01-02": 100.0, "2024-01-03": 101.0}
    late = version("FUND", "2024-01-04", 102.0, "2024-03-20", SECOND, kind="price", field="close")
    whole = archived(*bars("FUND", closes), late)
    told = archive.revision_rows(whole)
    assert told[["new_value", "available_at"]].to_numpy().tolist() == [
        [102.0, pd.Timestamp("2024-03-20")]
    ]
    assert told["old_value"].isna().all()
    for day, expected in ((dt.date(2024, 2, 29), 2), (dt.date(2024, 3, 31), 3)):
        _, prices = archive.as_it_stood(whole, day)
        assert len(prices) == len(archive.prices_as_of(whole, day)) == expected
