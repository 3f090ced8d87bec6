-- +goose Up
-- How many requests may be made with a key, such as 10/s; '' means as many as are wanted.
ALTER TABLE keys ADD COLUMN rate TEXT NOT NULL DEFAULT '';
