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

-- FROM index_news_of('us', '2008-09-30');
CREATE OR REPLACE MACRO index_news_of(market, day) AS TABLE
    SELECT *
    FROM query_table(market || '.index_news')
    WHERE as_of = (
        SELECT max(as_of)
        FROM query_table(market || '.index_news')
        WHERE as_of <= CAST(day AS DATE)
    )
    AND ref_date = as_of
    ORDER BY abs(change) DESC;

COMMENT ON MACRO TABLE sfri_latest IS 'The newest reading of a market''s index in one mode.';
COMMENT ON MACRO TABLE sfri_as_of IS 'The whole index as it stood on a day: the last vintage known then.';
COMMENT ON MACRO TABLE sfri_revisions IS 'First and last estimate of each period, and how far apart they are.';
COMMENT ON MACRO TABLE index_news_of IS 'What moved the index to its newest month in the last vintage known on a day, largest change first.';

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
