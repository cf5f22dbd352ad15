-- name: has_role
-- Does the embedded server have our role? One row when it does.
SELECT 1
FROM pg_roles
WHERE rolname = 'throughline';

-- name: create_role
-- The role that the program works as: owner of its database, no superuser.
CREATE ROLE throughline LOGIN;

-- name: has_database
-- Does the embedded server have our database? One row when it does.
SELECT 1
FROM pg_database
WHERE datname = 'throughline';

-- name: create_database
-- The program's database. Outside a transaction only.
CREATE DATABASE throughline OWNER throughline;
