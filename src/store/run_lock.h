/* run_lock.h: who writes a run file. The writer holds a flock on it, through a
 * descriptor of its own that is closed only after SQLite's: closing any
 * descriptor of a file drops the process's fcntl locks on it, which are
 * SQLite's, also those of another thread's connection. So one thread at a time
 * looks at a run's lock, takes it, lets it go or reads a run. */
#ifndef PMPO_STORE_RUN_LOCK_H
#define PMPO_STORE_RUN_LOCK_H

#include "pmpo.h"

/* Around each call of what follows; a reader's also around its connection, from
 * before the look until it is closed. Not nested. */
void pmpo_runs_enter(void);
void pmpo_runs_leave(void);

/* PMPO_EDATA: `path` is something else than a file, which can't be a run. 0 if
 * there is nothing of that name. */
int pmpo_run_is_file(const char *path, pmpo_error *err);

/* Is the run open for writing, in this process or another? */
bool pmpo_run_is_written(const char *path);

/* Locks a run for writing; *fd is for pmpo_run_unlock. PMPO_EDATA: no such
 * file; PMPO_EBUSY: another writer. */
int pmpo_run_lock(const char *path, int *fd, pmpo_error *err);
/* After SQLite's connection is closed; -1: nothing to unlock. */
void pmpo_run_unlock(int fd);

/* Locks a run that is to be replaced, so that nobody begins to write it; *fd is
 * for pmpo_run_let_go, -1 where there is none. False: somebody writes it. */
bool pmpo_run_hold(const char *path, int *fd);

/* Locks the folder of `path` against others who make a run in it. For
 * pmpo_run_let_go; -1: it can't be locked (some network file systems), or
 * somebody holds it for long. */
int pmpo_run_folder(const char *path);

/* Unlocks and closes what the two above gave; -1: nothing. */
void pmpo_run_let_go(int fd);

/* Fills *err: another pmpo writes the run. */
int pmpo_run_busy(const char *path, pmpo_error *err);

#endif
