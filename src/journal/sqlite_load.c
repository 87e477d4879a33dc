/* The state that a start needs: kept channels, what belongs to them, bans of the server. */
#include "journal/row_sum.h"
#include "journal/sqlite_store.h"

#include "base/check.h"

#include <stdio.h>
#include <string.h>

struct text store_column(sqlite3_stmt *statement, int column)
{
    /* The blob form takes the bytes as they are, whatever they are. */
    const char *data = sqlite3_column_blob(statement, column);
    int count = sqlite3_column_bytes(statement, column);
    return (struct text){.data = data, .count = data == NULL ? 0 : (size_t)count};
}

/* First the columns that all have, then those that make up the row. */
const char *const store_state_selects[STATE_TABLE_COUNT] = {
    [STATE_CHANNEL] = "SELECT check_sum, seq, time_ms, name, topic, topic_nick, topic_time_ms,"
                      " modes FROM channel",
    [STATE_MASK] = "SELECT check_sum, seq, time_ms, channel, list, mask, nick, set_time_ms"
                   " FROM channel_mask",
    [STATE_METADATA] = "SELECT check_sum, seq, time_ms, channel, key, value FROM channel_metadata",
    [STATE_BAN] = "SELECT check_sum, seq, time_ms, mask, reason, nick, until_time_ms"
                  " FROM server_ban",
};
/* Which rows a start reads at a time, and in which order. */
static const char *const state_orders[STATE_TABLE_COUNT] = {
    [STATE_CHANNEL] = "ORDER BY name",
    [STATE_MASK] = "WHERE channel = ?1 ORDER BY list, mask",
    [STATE_METADATA] = "WHERE channel = ?1 ORDER BY key",
    [STATE_BAN] = "ORDER BY mask",
};
#define SELECT_BYTES_MAX 256

static bool fits(const struct row *row)
{
    return row->channel.count <= CHANNEL_BYTES_MAX && row->nick.count <= NAME_BYTES_MAX &&
           row->text.count <= MESSAGE_BYTES_MAX && row->extra.count <= IRC_TAGS_BYTES_MAX;
}

/* False when the list is no letter, or the mask is longer than one may be. */
static bool mask_join(struct text list, struct text mask, char *room, struct text *out)
{
    if (list.count != 1 || mask.count == 0 || mask.count > MASK_BYTES_MAX) {
        return false;
    }
    room[0] = list.data[0];
    room[1] = ' ';
    memcpy(room + 2, mask.data, mask.count);
    *out = (struct text){.data = room, .count = mask.count + 2};
    return true;
}

bool store_state_read(enum store_state_table table, sqlite3_stmt *statement, char *room,
                      struct row *out)
{
    struct row row = {.seq = (uint64_t)sqlite3_column_int64(statement, 1),
                      .time_ms = sqlite3_column_int64(statement, 2)};
    bool whole = true;
    switch (table) {
    case STATE_CHANNEL:
        row.kind = ROW_CHANNEL;
        row.channel = store_column(statement, 3);
        row.text = store_column(statement, 4);
        row.nick = store_column(statement, 5);
        row.number = sqlite3_column_int64(statement, 6);
        row.extra = store_column(statement, 7);
        break;
    case STATE_MASK:
        row.kind = ROW_MASK;
        row.channel = store_column(statement, 3);
        whole = mask_join(store_column(statement, 4), store_column(statement, 5), room, &row.extra);
        row.nick = store_column(statement, 6);
        row.number = sqlite3_column_int64(statement, 7);
        break;
    case STATE_METADATA:
        row.kind = ROW_METADATA;
        row.channel = store_column(statement, 3);
        row.extra = store_column(statement, 4);
        row.text = store_column(statement, 5);
        break;
    case STATE_BAN:
        row.kind = ROW_BAN;
        row.extra = store_column(statement, 3);
        row.text = store_column(statement, 4);
        row.nick = store_column(statement, 5);
        row.number = sqlite3_column_int64(statement, 6);
        break;
    case STATE_TABLE_COUNT:
        return false;
    }
    *out = row;
    return whole && fits(&row) && row_sum(&row) == sqlite3_column_int64(statement, 0);
}

struct load {
    sqlite3_stmt *selects[STATE_TABLE_COUNT];
    void (*take)(void *context, const struct row *row);
    void *context;
};

static int load_prepare(sqlite3 *db, struct load *load)
{
    char text[SELECT_BYTES_MAX];
    int code = SQLITE_OK;
    for (int table = 0; table < STATE_TABLE_COUNT && code == SQLITE_OK; table++) {
        int count =
            snprintf(text, sizeof(text), "%s %s", store_state_selects[table], state_orders[table]);
        check(count > 0 && (size_t)count < sizeof(text));
        code = sqlite3_prepare_v2(db, text, -1, &load->selects[table], NULL);
    }
    return code;
}

/* Gives all rows that the table's statement finds. */
static int table_load(const struct load *load, enum store_state_table table)
{
    sqlite3_stmt *select = load->selects[table];
    char room[MASK_BYTES_MAX + 2];
    struct row row;
    int code = SQLITE_OK;
    while ((code = sqlite3_step(select)) == SQLITE_ROW) {
        if (store_state_read(table, select, room, &row)) {
            load->take(load->context, &row);
        }
    }
    sqlite3_reset(select);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

/* A channel that is left out takes with it what belongs to it. */
static int channels_load(const struct load *load)
{
    static const enum store_state_table parts[] = {STATE_MASK, STATE_METADATA};
    sqlite3_stmt *select = load->selects[STATE_CHANNEL];
    struct row row;
    int code = SQLITE_OK;
    while ((code = sqlite3_step(select)) == SQLITE_ROW) {
        if (!store_state_read(STATE_CHANNEL, select, NULL, &row)) {
            continue;
        }
        load->take(load->context, &row);
        for (size_t index = 0; index < sizeof(parts) / sizeof(parts[0]); index++) {
            sqlite3_bind_text(load->selects[parts[index]], 1,
                              row.channel.data == NULL ? "" : row.channel.data,
                              (int)row.channel.count, SQLITE_STATIC);
            code = table_load(load, parts[index]);
            if (code != SQLITE_OK) {
                return code;
            }
        }
    }
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

int store_load(sqlite3 *db, void (*take)(void *context, const struct row *row), void *context)
{
    struct load load = {.take = take, .context = context};
    int code = load_prepare(db, &load);
    if (code == SQLITE_OK) {
        code = channels_load(&load);
    }
    if (code == SQLITE_OK) {
        code = table_load(&load, STATE_BAN);
    }
    for (int table = 0; table < STATE_TABLE_COUNT; table++) {
        sqlite3_finalize(load.selects[table]);
    }
    return code;
}
