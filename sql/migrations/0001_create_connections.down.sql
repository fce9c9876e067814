DROP TABLE sync_retry_policies;
DROP TABLE zoom_call_budgets;
DROP TABLE zoom_call_slots;
DROP TABLE zoom_connections;
DROP TABLE zoom_plan_limits;
DROP TABLE zoom_plans;
