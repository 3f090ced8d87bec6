-- +goose Up
-- With the status, so that what waits for each sender is counted from the index alone.
DROP INDEX deliveries_due;
CREATE INDEX deliveries_due ON deliveries (sender, priority, due, expires, status) WHERE status <= 2 AND waiting = 0;
-- What waits for other deliveries.
CREATE INDEX deliveries_waiting ON deliveries (sender, status) WHERE status <= 2 AND waiting > 0;
