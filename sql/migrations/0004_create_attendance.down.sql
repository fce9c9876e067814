DROP TABLE zoom_instance_reconciliation;
DROP TABLE zoom_instance_reads;
DROP TABLE zoom_participant_sessions;
DROP TABLE zoom_participants;
