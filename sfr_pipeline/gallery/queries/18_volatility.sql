-- How large will volatility be, market by market?
-- Fractions a year. Above its threshold a market is in stress. A market's newest day is its own.
SELECT date, market, horizon, name, forecast, low_50, high_50, low_90, high_90, threshold
FROM volatility_outlook('us');
