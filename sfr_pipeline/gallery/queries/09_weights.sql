-- How did the weights of the dimensions move over the years?
PIVOT (
    SELECT year(ref_date) AS year, dimension, weight
    FROM us.dimension_indices
    WHERE mode = 'real_time'
) ON dimension USING round(avg(weight), 3)
ORDER BY year;
