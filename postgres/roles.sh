#!/usr/bin/env bash
# The roles beside the owner, who makes the schema: two groups that the migrations grant to, and in
# each the user that connects. The webhook service's roles see the rows of all merchants, the gRPC
# service those of whom it acts for. PostgreSQL's image runs this on its first start.
set -euo pipefail

psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --set=password="$REFERRALS_DB_PASSWORD" \
    --set=grpc_password="$REFERRALS_DB_GRPC_PASSWORD" \
    --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" <<'SQL'
CREATE ROLE referrals_services NOLOGIN;
CREATE ROLE referrals_app LOGIN PASSWORD :'password' IN ROLE referrals_services;
CREATE ROLE referrals_merchant NOLOGIN;
CREATE ROLE referrals_grpc LOGIN PASSWORD :'grpc_password' IN ROLE referrals_merchant;
SQL
