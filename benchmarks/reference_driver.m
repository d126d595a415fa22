% Runs the published code of Koop and Korobilis (2014), which is not part of this project, on a
% panel and times it. Only the calls are ours.
%
%   reference_driver(code, panel_file, n_lags, repetitions, out)
%
% code: folder that holds their functions; panel_file: CSV, NaN where missing; out: folder for
% seconds.csv, loadings.csv, variance.csv and factor.csv.
function reference_driver(code, panel_file, n_lags, repetitions, out)
  addpath(code);
  raw = csvread(panel_file);
  [n_periods, n_series] = size(raw);

  % One factor, no macro series: the state holds the factor and its lags.
  n_state = n_lags;
  n_coefficients = n_lags;
  forgetting = [0.96; 0.96; 0.99; 0.99];
  prior_factor = struct('mean', zeros(n_state, 1), 'var', 10 * eye(n_state));
  prior_loading = struct('mean', zeros(n_series, 1), 'var', 1);
  prior_beta = struct();
  [prior_beta.mean, prior_beta.var] = Minn_prior_KOOP(0.1, 1, n_lags, n_coefficients);

  seconds = zeros(repetitions, 1);
  for i = 1:repetitions
    started = tic;
    x = standardize_miss(raw) + 1e-10;
    x(isnan(x)) = 0;
    x = standardize_miss(x);
    component = extract(x, 1);
    [beta, ~, loadings, variance, covariance] = KFS_parameters(x, component, forgetting, 1, ...
      n_lags, 1, n_state, n_coefficients, 0, n_series, 1, n_periods, prior_loading, ...
      prior_beta, 0.1 * eye(n_series), 0.1);
    factor = KFS_factors(x, loadings, beta, variance, covariance, n_lags, n_state, 1, ...
      n_series, n_periods, prior_factor);
    seconds(i) = toc(started);
  end

  diagonal = zeros(n_periods, n_series);
  for t = 1:n_periods
    diagonal(t, :) = diag(variance(:, :, t))';
  end
  save_csv(out, 'seconds.csv', seconds);
  save_csv(out, 'loadings.csv', reshape(loadings, n_series, n_periods)');
  save_csv(out, 'variance.csv', diagonal);
  save_csv(out, 'factor.csv', factor(1, :)');
end

function save_csv(folder, name, values)
  dlmwrite(fullfile(folder, name), values, 'delimiter', ',', 'precision', '%.17g');
end
