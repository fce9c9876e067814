DROP TABLE zoom_webinar_reads;
DROP TABLE zoom_panelists;
DROP TABLE zoom_registrants;
DROP TABLE zoom_webinar_instances;
DROP TABLE zoom_webinars;
