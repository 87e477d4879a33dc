/*
 * SQLite on a disk that can fail. Nothing real is touched: names are names on the disk, sleeping
 * only moves its clock, randomness comes from its seed. Connections of one process may share a
 * file, WAL included; each of SQLite's operations takes the VFS's lock.
 */
#ifndef MADANG_SIM_FAULT_VFS_H
#define MADANG_SIM_FAULT_VFS_H

#include "sim/fault_disk.h"

struct fault_vfs;

/* Registers a VFS of that name (borrowed, as the disk) with SQLite. NULL when there is no memory or
 * SQLite refuses. */
struct fault_vfs *fault_vfs_new(struct fault_disk *disk, const char *name);
/* All connections are closed. NULL is fine. */
void fault_vfs_free(struct fault_vfs *vfs);
/* How long SQLite has wanted to sleep. */
uint64_t fault_vfs_slept_us(const struct fault_vfs *vfs);

#endif
