-- Which values of the series were known on a day?
-- The newest of each series. A third argument, delivered := TIMESTAMP ..., leaves out what was
-- delivered later, as revisions are.
SELECT series, max(ref_date) AS newest, arg_max(value, ref_date) AS value,
    arg_max(available_at, ref_date) AS known_from, any_value(source) AS source
FROM series_as_of('us', '2008-09-15')
GROUP BY series
ORDER BY newest, series;
