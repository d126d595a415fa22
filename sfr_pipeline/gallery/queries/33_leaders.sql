-- Which variables tell of the index before it moves?
-- Transfer entropy less that of surrogates; p_adjusted is for all pairs together. Few may be small.
SELECT mode, setting, source, target, effective_transfer_entropy, p_value, p_adjusted, n_months
FROM us.transfer_entropy
WHERE target = 'sfri' AND source <> 'sfri'
ORDER BY p_adjusted, effective_transfer_entropy DESC
LIMIT 20;
