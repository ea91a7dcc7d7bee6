"""Charts: declarations, SQL aggregates, small frames, and what ECharts is given. Knows neither screens nor roles."""
