# Five questions in R, from the CSV files of 'sfr export'; base R is enough. five.py and
# five_polars.py beside this file ask the same ones.

EXPORT <- "../../sfr_export" # as seen from gallery/queries/
MARKET <- "us" # name your own
MONTH <- "2008-10"

ID <- toupper(MARKET)
monthly <- read.csv(file.path(EXPORT, "csv", MARKET, paste0(ID, "_MONTHLY.csv")))
date <- as.Date(monthly$observation_date)
series <- function(name) monthly[[paste0(ID, "_", name)]]
index <- series("SFRI")
known <- !is.na(index)

# 1. Where does the index stand?
newest <- max(which(known))
cat(sprintf("1. %s: %.3f\n", format(date[newest], "%Y-%m"), index[newest]))

# 2. Which were the worst months?
worst <- order(index, decreasing = TRUE)[1:3]
cat(sprintf("2. %s: %.3f\n", format(date[worst], "%Y-%m"), index[worst]), sep = "")

# 3. Which dimensions were highest in a month?
dimensions <- grep(paste0("^", ID, "_DIM_"), names(monthly), value = TRUE)
then <- sort(unlist(monthly[format(date, "%Y-%m") == MONTH, dimensions]), decreasing = TRUE)[1:3]
names(then) <- tolower(sub(paste0(ID, "_DIM_"), "", names(then)))
cat(sprintf("3. %s: %.3f\n", names(then), then), sep = "")

# 4. In what share of months was the regime one of high variance?
high <- series("REGIME_HIGH")
cat(sprintf("4. %.3f\n", mean(high[!is.na(high)] > 0.5)))

# 5. How high was the index on average, in the last years?
years <- tail(tapply(index[known], format(date[known], "%Y"), mean), 3)
cat(sprintf("5. %s: %.3f\n", names(years), years), sep = "")
