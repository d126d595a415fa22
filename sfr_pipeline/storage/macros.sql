-- Questions that analysts ask of every market, as table macros. The market is an argument, and its
-- views are looked up when the macro is used: a market without them does no harm here.
-- After ATTACH '...' AS w, say USE w first: the views are looked up in the current database.

-- FROM sfri_latest('us');   FROM sfri_latest('us', wanted_mode := 'paper');
CREATE OR REPLACE MACRO sfri_latest(market, wanted_mode := 'real_time') AS TABLE
    SELECT *
    FROM query_table(market || '.sfri')
    WHERE mode = wanted_mode
    ORDER BY ref_date DESC
    LIMIT 1;

-- FROM sfri_as_of('us', '2008-09-15') ORDER BY ref_date;
CREATE OR REPLACE MACRO sfri_as_of(market, day) AS TABLE
    SELECT *
    FROM query_table(market || '.sfri_vintages')
    WHERE as_of = (
        SELECT max(as_of)
        FROM query_table(market || '.sfri_vintages')
        WHERE as_of <= CAST(day AS DATE)
    );

-- FROM sfri_revisions('us') ORDER BY abs(revision) DESC;
CREATE OR REPLACE MACRO sfri_revisions(market) AS TABLE
    SELECT
        ref_date,
        min(as_of) AS first_as_of,
        arg_min(sfri, as_of) AS first_sfri,
        max(as_of) AS last_as_of,
        arg_max(sfri, as_of) AS last_sfri,
        arg_max(sfri, as_of) - arg_min(sfri, as_of) AS revision
    FROM query_table(market || '.sfri_vintages')
    GROUP BY ref_date;

-- FROM sfri_drivers('us', '2008-10');   FROM sfri_drivers('us', NULL) for the newest month.
CREATE OR REPLACE MACRO sfri_drivers(market, month, wanted_mode := 'real_time') AS TABLE
    WITH wanted AS (
        SELECT coalesce(
            last_day(CAST(left(CAST(month AS VARCHAR), 7) || '-01' AS DATE)),
            (SELECT max(ref_date) FROM query_table(market || '.sfri') WHERE mode = wanted_mode)
        ) AS ref_date
    )
    SELECT
        parts.ref_date,
        parts.indicator,
        about.name,
        parts.dimension,
        parts.contribution,
        parts.contribution / nullif(weights.weight, 0) AS score,
        weights.weight,
        parts.indicator_effect + parts.weight_effect AS change,
        parts.indicator_effect,
        parts.weight_effect
    FROM query_table(market || '.sfri_contributions') AS parts
    JOIN wanted USING (ref_date)
    LEFT JOIN query_table(market || '.sfri_weights') AS weights
        USING (mode, ref_date, indicator)
    LEFT JOIN query_table(market || '.indicator_statistics') AS about USING (indicator)
    WHERE mode = wanted_mode
    ORDER BY contribution DESC NULLS LAST, indicator;

-- FROM sfri_news('us', '2008-09');   FROM sfri_news('us', NULL) for the newest month.
CREATE OR REPLACE MACRO sfri_news(market, month) AS TABLE
    WITH wanted AS (
        SELECT coalesce(
            last_day(CAST(left(CAST(month AS VARCHAR), 7) || '-01' AS DATE)),
            (SELECT max(as_of) FROM query_table(market || '.index_news'))
        ) AS as_of
    )
    SELECT
        news.ref_date,
        news.indicator,
        about.name,
        news.dimension,
        news.change,
        news.new_data,
        news.revised_data,
        news.scaling,
        news.weights
    FROM query_table(market || '.index_news') AS news
    JOIN wanted USING (as_of)
    LEFT JOIN query_table(market || '.indicator_statistics') AS about USING (indicator)
    WHERE ref_date = as_of
    ORDER BY abs(change) DESC, indicator;

-- FROM sfri_forecast('us');
CREATE OR REPLACE MACRO sfri_forecast(market) AS TABLE
    WITH known AS (
        SELECT model, name, benchmark, place
        FROM query_table(market || '.models')
        WHERE leg = 'forecasting'
    ),
    scored AS (
        SELECT model, rmse, rmse_ratio
        FROM query_table(market || '.forecast_scores')
        WHERE protocol = 'real_time' AND target = 'basket' AND split = 'test'
            AND horizon = 1 AND period = 'all'
    ),
    chosen AS (
        SELECT fan.model, scored.rmse_ratio
        FROM (SELECT DISTINCT model FROM query_table(market || '.forecast_fan')) AS fan
        LEFT JOIN scored USING (model)
        ORDER BY scored.rmse NULLS LAST, fan.model
        LIMIT 1
    )
    SELECT
        fan.ref_date,
        fan.horizon,
        fan.model,
        coalesce(known.name, fan.model) AS name,
        fan.forecast,
        fan.low_50,
        fan.high_50,
        fan.low_90,
        fan.high_90,
        beside.forecast AS no_change,
        fan.origin,
        fan.n_errors,
        chosen.rmse_ratio
    FROM query_table(market || '.forecast_fan') AS fan
    JOIN chosen USING (model)
    LEFT JOIN known USING (model)
    LEFT JOIN (
        SELECT horizon, forecast
        FROM query_table(market || '.forecast_fan')
        JOIN known USING (model)
        WHERE benchmark
    ) AS beside USING (horizon)
    ORDER BY horizon;

-- FROM stress_alarms('us') WHERE label = 'F21';
CREATE OR REPLACE MACRO stress_alarms(market) AS TABLE
    WITH known AS (
        SELECT model, name, benchmark, place
        FROM query_table(market || '.models')
        WHERE leg = 'stress'
    ),
    daily AS (
        SELECT label, model, date, probability
        FROM query_table(market || '.stress_predictions')
        WHERE protocol = 'walk_forward' AND seed = -1
    ),
    -- An alarm stands after three days in a row above the base rate known on each of them.
    above AS (
        SELECT
            daily.label,
            daily.model,
            daily.date,
            daily.probability,
            base.probability AS base_rate,
            daily.probability > base.probability AS is_above,
            row_number() OVER (
                PARTITION BY daily.label, daily.model ORDER BY daily.date DESC
            ) AS newest_first
        FROM daily
        JOIN (SELECT * FROM daily JOIN known USING (model) WHERE benchmark) AS base
            USING (label, date)
    ),
    newest AS (
        SELECT
            label,
            model,
            max(date) AS date,
            arg_max(probability, date) AS probability,
            arg_max(base_rate, date) AS base_rate,
            bool_and(is_above) AND count(*) = 3 AS alarm_on
        FROM above
        WHERE newest_first <= 3
        GROUP BY label, model
    )
    SELECT
        alarms.label,
        alarms.model,
        coalesce(known.name, alarms.model) AS name,
        newest.date,
        newest.probability,
        newest.base_rate,
        newest.alarm_on,
        alarms.n_events,
        alarms.n_warned,
        alarms.median_lead,
        alarms.n_alarms,
        alarms.n_false,
        alarms.false_alarms_a_year,
        alarms.time_on,
        alarms.p_shifted
    FROM query_table(market || '.alarm_scores') AS alarms
    LEFT JOIN newest USING (label, model)
    LEFT JOIN known USING (model)
    ORDER BY label, known.place NULLS LAST, model;

-- FROM volatility_outlook('us') WHERE horizon = 21;
-- FROM volatility_outlook('us', wanted_panel := 'stocks');
CREATE OR REPLACE MACRO volatility_outlook(market, wanted_panel := 'sub_markets') AS TABLE
    WITH own AS (
        SELECT forecasts.*, known.name
        FROM query_table(market || '.volatility_forecasts') AS forecasts
        JOIN query_table(market || '.models') AS known USING (model)
        WHERE known.leg = 'volatility' AND known.headline
            AND forecasts.panel = wanted_panel AND forecasts.seed = -1
    )
    SELECT
        own.date,
        own.market,
        own.horizon,
        forecast,
        low_50,
        high_50,
        low_90,
        high_90,
        threshold,
        forecast > threshold AS above_threshold,
        model,
        name
    FROM own
    -- Some markets' prices end before those of others.
    JOIN (SELECT own.market, max(own.date) AS date FROM own GROUP BY own.market) AS newest
        ON newest.market = own.market AND newest.date = own.date
    ORDER BY own.market, own.horizon;

COMMENT ON MACRO TABLE sfri_latest IS 'The newest reading of a market''s index in one mode.';
COMMENT ON MACRO TABLE sfri_as_of IS 'The whole index as it stood on a day: the last vintage known then.';
COMMENT ON MACRO TABLE sfri_revisions IS 'First and last estimate of each period, and how far apart they are.';
COMMENT ON MACRO TABLE sfri_drivers IS 'What the index of a month is made of, by indicator, largest contribution first; month as 2008-10, NULL for the newest.';
COMMENT ON MACRO TABLE sfri_news IS 'What moved the index to a month when that was its newest one, largest change first; month as 2008-09, NULL for the newest.';
COMMENT ON MACRO TABLE sfri_forecast IS 'The coming months of the index, as forecast by the model of the fan with the lowest real-time error one month ahead, with no change beside it.';
COMMENT ON MACRO TABLE stress_alarms IS 'What alarms of each model were worth, and whether one stands on its newest day: three days in a row above the base rate. Of monthly indices, what they were worth alone.';
COMMENT ON MACRO TABLE volatility_outlook IS 'Volatility of the coming days by market, of the model that is published first, on the newest day of each market; fractions a year.';

-- FROM series_as_of('us', '2008-09-15');   FROM series_as_of('us', '2008-09-15', delivered := '2026-12-01');
CREATE OR REPLACE MACRO series_as_of(market, day, delivered := 'infinity') AS TABLE
    WITH visible AS (
        SELECT
            *,
            min(available_at) OVER (PARTITION BY item, ref_date) AS first_available_at,
            row_number() OVER (
                PARTITION BY item, ref_date ORDER BY available_at DESC, delivered_at DESC
            ) AS newest_first
        FROM query_table(market || '.deliveries')
        WHERE kind = 'series'
            AND available_at <= CAST(day AS DATE)
            AND delivered_at <= CAST(delivered AS TIMESTAMP)
    )
    SELECT item AS series, ref_date, value, first_available_at AS available_at, source
    FROM visible
    WHERE newest_first = 1 AND value IS NOT NULL;

COMMENT ON MACRO TABLE series_as_of IS 'The series as they were known on a day, of what had been delivered by then or by the moment that delivered names.';
