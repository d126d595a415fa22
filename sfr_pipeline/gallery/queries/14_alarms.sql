-- Which alarms stand now, and what were alarms of the same kind worth?
-- p_shifted is how often the same alarms, shifted in time, warn of as many events: luck.
SELECT label, name, date, probability, base_rate, alarm_on, n_events, n_warned, median_lead,
    n_alarms, n_false, p_shifted
FROM stress_alarms('us')
ORDER BY label, p_shifted;
