-- Takes the rollups back.
DROP TABLE zoom_webinar_statistics;
DROP TABLE zoom_instance_statistics;
