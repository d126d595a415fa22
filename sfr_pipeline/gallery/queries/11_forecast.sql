-- What is the index forecast to be in the coming months, and what if nothing changed?
SELECT ref_date, horizon, name, forecast, low_50, high_50, low_90, high_90, no_change
FROM sfri_forecast('us');
