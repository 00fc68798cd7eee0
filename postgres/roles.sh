#!/usr/bin/env bash
# The roles beside the owner, who makes the schema: the group that every migration grants to, and
# the user that the services connect as. PostgreSQL's image runs this on its first start.
set -euo pipefail

psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --set=password="$REFERRALS_DB_PASSWORD" \
    --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" <<'SQL'
CREATE ROLE referrals_services NOLOGIN;
CREATE ROLE referrals_app LOGIN PASSWORD :'password' IN ROLE referrals_services;
SQL
