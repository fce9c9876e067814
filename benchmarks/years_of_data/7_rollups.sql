-- What each run keeps up to date as it ends.

SELECT * FROM refresh_statistics();
