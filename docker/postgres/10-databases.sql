-- Run once by the Postgres image when the data volume is empty: two databases, so that Airflow's role and rollcall's
-- roles have nothing of each other's. The tables come from the two migration services.
\getenv airflow_password AIRFLOW_DB_PASSWORD
CREATE ROLE airflow LOGIN PASSWORD :'airflow_password';
CREATE DATABASE airflow OWNER airflow;
REVOKE ALL ON DATABASE airflow FROM PUBLIC;
CREATE DATABASE rollcall;
