-- How did the index and the alarms of daily models do before each named event?
-- Leads are in trading days, over the models of the label F21; n_warned counts those that warned.
SELECT e.name, e.onset, e.severity, e.sfri_before, e.sfri_peak, e.peak_month,
    count(*) FILTER (s.warned) AS n_warned, count(s.model) AS n_models, max(s.lead) AS longest_lead
FROM us.events AS e
LEFT JOIN us.event_scores AS s ON s.event = e.event AND s.label = 'F21'
GROUP BY ALL
ORDER BY e.onset;
