-- Which models are compared, what are they, and how many variants were looked at?
SELECT leg, place, name, family, network, benchmark, reference, headline, settings, choice, variants
FROM us.models
ORDER BY leg, place;
