/* The disk that can fail: files as their visible and their flushed bytes, and what lies between. */
#include "sim/fault_disk.h"

#include "base/check.h"
#include "base/mem.h"

#include <string.h>

#define FILES_MAX 64
#define NAME_LENGTH_MAX 255
#define SECTOR_BYTES 512

/* A write, or with is_truncate the cutting to offset, that is not on the disk yet. */
struct pending {
    struct pending *next;
    uint64_t offset;
    struct bytes data;
    bool is_truncate;
};

struct fault_file {
    char name[NAME_LENGTH_MAX + 1];
    struct bytes visible;
    struct bytes flushed;
    struct pending *first; /* Oldest first. */
    struct pending **last;
    uint32_t open_count;
    bool is_named;     /* Can be opened by its name. */
    bool name_flushed; /* The disk has the name. */
    void *slot;
};

struct fault_disk {
    struct fault_file *files[FILES_MAX];
    struct fault_plan plan;
    uint64_t op_counts[FAULT_OP_COUNT];
    uint64_t planned_count; /* Operations that the plan counts. */
    uint64_t fail_count;
    uint64_t capacity_bytes;
    uint64_t generation;
    uint64_t random;
    bool dead;
    bool paused;
};

struct fault_disk *fault_disk_new(uint64_t seed)
{
    struct fault_disk *disk = mem_zalloc(1, sizeof(*disk));
    if (disk != NULL) {
        disk->random = seed == 0 ? 1 : seed;
        disk->capacity_bytes = UINT64_MAX;
    }
    return disk;
}

static void pending_drop(struct fault_file *file)
{
    struct pending *next = NULL;
    for (struct pending *pending = file->first; pending != NULL; pending = next) {
        next = pending->next;
        bytes_finish(&pending->data);
        mem_free(pending);
    }
    file->first = NULL;
    file->last = &file->first;
}

static void file_free(struct fault_file *file)
{
    pending_drop(file);
    bytes_finish(&file->visible);
    bytes_finish(&file->flushed);
    mem_free(file->slot);
    mem_free(file);
}

/* Frees what nobody can reach any more. */
static void files_sweep(struct fault_disk *disk)
{
    for (size_t index = 0; index < FILES_MAX; index++) {
        struct fault_file *file = disk->files[index];
        if (file != NULL && !file->is_named && !file->name_flushed && file->open_count == 0) {
            file_free(file);
            disk->files[index] = NULL;
        }
    }
}

void fault_disk_free(struct fault_disk *disk)
{
    if (disk == NULL) {
        return;
    }
    for (size_t index = 0; index < FILES_MAX; index++) {
        if (disk->files[index] != NULL) {
            check(disk->files[index]->open_count == 0);
            file_free(disk->files[index]);
        }
    }
    mem_free(disk);
}

void fault_disk_plan(struct fault_disk *disk, const struct fault_plan *plan)
{
    disk->plan = *plan;
    disk->planned_count = 0;
    disk->fail_count = 0;
    memset(disk->op_counts, 0, sizeof(disk->op_counts));
}

void fault_disk_pause(struct fault_disk *disk, bool paused)
{
    disk->paused = paused;
}

uint64_t fault_disk_op_count(const struct fault_disk *disk, uint32_t ops)
{
    uint64_t count = 0;
    for (unsigned int op = 0; op < FAULT_OP_COUNT; op++) {
        if ((ops & FAULT_BIT(op)) != 0) {
            count += disk->op_counts[op];
        }
    }
    return count;
}

uint64_t fault_disk_fail_count(const struct fault_disk *disk)
{
    return disk->fail_count;
}

void fault_disk_capacity_set(struct fault_disk *disk, uint64_t bytes)
{
    disk->capacity_bytes = bytes;
}

uint64_t fault_disk_random(struct fault_disk *disk)
{
    /* Marsaglia's xorshift64. */
    disk->random ^= disk->random << 13;
    disk->random ^= disk->random >> 7;
    disk->random ^= disk->random << 17;
    return disk->random;
}

size_t fault_disk_part(struct fault_disk *disk, uint64_t offset, size_t count)
{
    uint64_t chance = fault_disk_random(disk);
    if (chance % 3 == 0) {
        return 0;
    }
    if (chance % 3 == 1) {
        return count;
    }
    uint64_t end = offset + fault_disk_random(disk) % (count + 1);
    end -= end % SECTOR_BYTES;
    return end > offset ? (size_t)(end - offset) : 0;
}

enum fault_verdict fault_disk_step(struct fault_disk *disk, enum fault_op op)
{
    const struct fault_plan *plan = &disk->plan;
    if (disk->dead) {
        return FAULT_DEAD;
    }
    if (disk->paused) {
        return FAULT_GO;
    }
    disk->op_counts[op]++;
    if (plan->first == 0 || (plan->ops & FAULT_BIT(op)) == 0) {
        return FAULT_GO;
    }
    disk->planned_count++;
    if (disk->planned_count < plan->first || disk->planned_count - plan->first >= plan->count) {
        return FAULT_GO;
    }
    disk->fail_count++;
    disk->dead = plan->dies;
    return plan->dies ? FAULT_DYING : FAULT_FAIL;
}

int fault_disk_plan_code(const struct fault_disk *disk)
{
    return disk->plan.code;
}

uint64_t fault_disk_generation(const struct fault_disk *disk)
{
    return disk->generation;
}

static struct fault_file *file_find(const struct fault_disk *disk, const char *name)
{
    for (size_t index = 0; index < FILES_MAX; index++) {
        struct fault_file *file = disk->files[index];
        if (file != NULL && file->is_named && strcmp(file->name, name) == 0) {
            return file;
        }
    }
    return NULL;
}

static enum error file_make(struct fault_disk *disk, const char *name, struct fault_file **out)
{
    size_t index = 0;
    while (index < FILES_MAX && disk->files[index] != NULL) {
        index++;
    }
    if (index == FILES_MAX || strlen(name) > NAME_LENGTH_MAX) {
        return ERR_LIMIT;
    }
    struct fault_file *file = mem_zalloc(1, sizeof(*file));
    if (file == NULL) {
        return ERR_MEMORY;
    }
    memcpy(file->name, name, strlen(name) + 1);
    file->last = &file->first;
    file->is_named = true;
    disk->files[index] = file;
    *out = file;
    return ERR_OK;
}

enum error fault_disk_open(struct fault_disk *disk, const char *name, bool create,
                           struct fault_file **out)
{
    struct fault_file *file = file_find(disk, name);
    if (file == NULL && !create) {
        return ERR_NOT_FOUND;
    }
    enum error error = file == NULL ? file_make(disk, name, &file) : ERR_OK;
    if (error == ERR_OK) {
        file->open_count++;
        *out = file;
    }
    return error;
}

void fault_disk_close(struct fault_disk *disk, struct fault_file *file)
{
    check(file->open_count > 0);
    file->open_count--;
    files_sweep(disk);
}

void fault_disk_flush_names(struct fault_disk *disk)
{
    for (size_t index = 0; index < FILES_MAX; index++) {
        if (disk->files[index] != NULL) {
            disk->files[index]->name_flushed = disk->files[index]->is_named;
        }
    }
    files_sweep(disk);
}

enum error fault_disk_delete(struct fault_disk *disk, const char *name, bool flush)
{
    struct fault_file *file = file_find(disk, name);
    if (file == NULL) {
        return ERR_NOT_FOUND;
    }
    file->is_named = false;
    if (flush) {
        fault_disk_flush_names(disk);
    } else {
        files_sweep(disk);
    }
    return ERR_OK;
}

struct text fault_file_text(const struct fault_file *file)
{
    return bytes_text(&file->visible);
}

void **fault_file_slot(struct fault_file *file)
{
    return &file->slot;
}

/* Makes the bytes longer, with zeros; room has been reserved. */
static void bytes_grow(struct bytes *bytes, size_t count)
{
    if (count > bytes->count) {
        memset(bytes->data + bytes->count, 0, count - bytes->count);
        bytes->count = count;
    }
}

static enum error bytes_room(struct bytes *bytes, uint64_t end)
{
    return end <= bytes->count ? ERR_OK : bytes_reserve(bytes, (size_t)end - bytes->count);
}

static void bytes_write(struct bytes *bytes, uint64_t offset, struct text data)
{
    bytes_grow(bytes, (size_t)offset + data.count);
    if (data.count > 0) {
        memcpy(bytes->data + offset, data.data, data.count);
    }
}

static void bytes_cut(struct bytes *bytes, uint64_t end)
{
    if (end < bytes->count) {
        bytes->count = (size_t)end;
    } else {
        bytes_grow(bytes, (size_t)end);
    }
}

static uint64_t used_bytes(const struct fault_disk *disk)
{
    uint64_t used = 0;
    for (size_t index = 0; index < FILES_MAX; index++) {
        if (disk->files[index] != NULL) {
            used += disk->files[index]->visible.count;
        }
    }
    return used;
}

static bool has_room(const struct fault_disk *disk, const struct fault_file *file, uint64_t end)
{
    return end <= file->visible.count ||
           used_bytes(disk) + (end - file->visible.count) <= disk->capacity_bytes;
}

/* Both images get their room now, so that neither a flush nor a crash can run out of memory. */
static enum error pending_add(struct fault_file *file, uint64_t end, struct pending *values)
{
    enum error error = bytes_room(&file->visible, end);
    if (error == ERR_OK) {
        error = end <= file->flushed.capacity
                    ? ERR_OK
                    : bytes_reserve(&file->flushed, (size_t)end - file->flushed.count);
    }
    struct pending *pending = error == ERR_OK ? mem_alloc(sizeof(*pending)) : NULL;
    if (pending == NULL) {
        return ERR_MEMORY;
    }
    *pending = *values;
    *file->last = pending;
    file->last = &pending->next;
    return ERR_OK;
}

enum error fault_file_write(struct fault_disk *disk, struct fault_file *file, uint64_t offset,
                            struct text data)
{
    uint64_t end = offset + data.count;
    if (!has_room(disk, file, end)) {
        return ERR_DISK_FULL;
    }
    struct pending values = {.offset = offset};
    enum error error = bytes_append_text(&values.data, data);
    if (error == ERR_OK) {
        error = pending_add(file, end, &values);
    }
    if (error != ERR_OK) {
        bytes_finish(&values.data);
        return error;
    }
    bytes_write(&file->visible, offset, data);
    return ERR_OK;
}

enum error fault_file_truncate(struct fault_disk *disk, struct fault_file *file, uint64_t bytes)
{
    struct pending values = {.offset = bytes, .is_truncate = true};
    if (!has_room(disk, file, bytes)) {
        return ERR_DISK_FULL;
    }
    enum error error = pending_add(file, bytes, &values);
    if (error == ERR_OK) {
        bytes_cut(&file->visible, bytes);
    }
    return error;
}

void fault_file_flush(struct fault_file *file)
{
    for (struct pending *pending = file->first; pending != NULL; pending = pending->next) {
        if (pending->is_truncate) {
            bytes_cut(&file->flushed, pending->offset);
        } else {
            bytes_write(&file->flushed, pending->offset, bytes_text(&pending->data));
        }
    }
    pending_drop(file);
}

void fault_file_flush_fail(struct fault_file *file)
{
    pending_drop(file);
}

/* Of a write that was under way, some sectors have reached the disk. */
static void write_torn(struct fault_disk *disk, struct fault_file *file,
                       const struct pending *pending)
{
    size_t at = 0;
    while (at < pending->data.count) {
        size_t sector_end = SECTOR_BYTES - (size_t)((pending->offset + at) % SECTOR_BYTES) + at;
        size_t end = sector_end < pending->data.count ? sector_end : pending->data.count;
        if (fault_disk_random(disk) % 2 == 0) {
            bytes_write(&file->flushed, pending->offset + at,
                        (struct text){.data = pending->data.data + at, .count = end - at});
        }
        at = end;
    }
}

static void file_lose_some(struct fault_disk *disk, struct fault_file *file)
{
    for (struct pending *pending = file->first; pending != NULL; pending = pending->next) {
        uint64_t chance = fault_disk_random(disk) % 3;
        if (pending->is_truncate) {
            if (chance != 0) {
                bytes_cut(&file->flushed, pending->offset);
            }
        } else if (chance == 1) {
            bytes_write(&file->flushed, pending->offset, bytes_text(&pending->data));
        } else if (chance == 2) {
            write_torn(disk, file, pending);
        }
    }
    pending_drop(file);
}

/* Another file that has this one's name on the disk. */
static bool name_is_taken(const struct fault_disk *disk, const struct fault_file *file)
{
    for (size_t index = 0; index < FILES_MAX; index++) {
        const struct fault_file *other = disk->files[index];
        if (other != NULL && other != file && other->name_flushed &&
            strcmp(other->name, file->name) == 0) {
            return true;
        }
    }
    return false;
}

/* Decides which names are there after the power has come back. */
static void names_lose(struct fault_disk *disk, enum fault_loss loss)
{
    for (size_t index = 0; index < FILES_MAX; index++) {
        struct fault_file *file = disk->files[index];
        if (file == NULL || file->is_named == file->name_flushed) {
            continue;
        }
        bool is_lost = loss == FAULT_LOSS_ALL || fault_disk_random(disk) % 2 == 0;
        /* A new file cannot be there beside the deleted one of its name. */
        if (!is_lost && file->is_named && name_is_taken(disk, file)) {
            is_lost = true;
        }
        if (!is_lost) {
            file->name_flushed = file->is_named;
        }
    }
    for (size_t index = 0; index < FILES_MAX; index++) {
        if (disk->files[index] != NULL) {
            disk->files[index]->is_named = disk->files[index]->name_flushed;
        }
    }
}

void fault_disk_crash(struct fault_disk *disk, enum fault_loss loss)
{
    disk->generation++;
    disk->dead = false;
    disk->plan = (struct fault_plan){0};
    for (size_t index = 0; index < FILES_MAX && loss != FAULT_LOSS_NONE; index++) {
        struct fault_file *file = disk->files[index];
        if (file == NULL) {
            continue;
        }
        if (loss == FAULT_LOSS_SOME) {
            file_lose_some(disk, file);
        }
        pending_drop(file);
        file->visible.count = 0;
        /* It has been as long before, or flushed.count was reserved for both. */
        check(bytes_append_text(&file->visible, bytes_text(&file->flushed)) == ERR_OK);
    }
    if (loss != FAULT_LOSS_NONE) {
        names_lose(disk, loss);
    }
    files_sweep(disk);
}

bool fault_disk_look(const struct fault_disk *disk, const char *name, struct text *out)
{
    const struct fault_file *file = file_find(disk, name);
    if (file == NULL) {
        return false;
    }
    *out = fault_file_text(file);
    return true;
}

enum error fault_disk_put(struct fault_disk *disk, const char *name, struct text content)
{
    struct fault_file *file = NULL;
    enum error error = fault_disk_open(disk, name, true, &file);
    if (error != ERR_OK) {
        return error;
    }
    error = fault_file_truncate(disk, file, 0);
    if (error == ERR_OK) {
        error = fault_file_write(disk, file, 0, content);
    }
    if (error == ERR_OK) {
        fault_file_flush(file);
        fault_disk_flush_names(disk);
    }
    fault_disk_close(disk, file);
    return error;
}

void fault_disk_remove(struct fault_disk *disk, const char *name)
{
    enum error error = fault_disk_delete(disk, name, true);
    check(error == ERR_OK || error == ERR_NOT_FOUND);
}
