-- Which tables are there, and what does each hold?
-- Columns, with a comment and a unit each, are in duckdb_columns().
SELECT view_name AS name, comment
FROM duckdb_views()
WHERE schema_name = 'us'
ORDER BY name;
