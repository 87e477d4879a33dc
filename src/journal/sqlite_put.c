/* The statements of the running journal: rows go into their tables, or out of them. */
#include "journal/row_sum.h"
#include "journal/sqlite_store.h"

#include "base/check.h"

#include <string.h>

static const char *const statement_texts[STATEMENT_COUNT] = {
    [STATEMENT_BEGIN] = "BEGIN IMMEDIATE",
    [STATEMENT_COMMIT] = "COMMIT",
    [STATEMENT_ROLLBACK] = "ROLLBACK",
    [STATEMENT_PUT_STATE] = "UPDATE state SET last_seq = ?1, last_time_ms = ?2, closed = ?3,"
                            " check_sum = ?4 WHERE id = 1",
    [STATEMENT_PUT_MESSAGE] = "INSERT INTO message(seq, time_ms, channel, nick, text, check_sum)"
                              " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    [STATEMENT_PUT_OTHER_MESSAGE] =
        "INSERT INTO message(seq, time_ms, channel, nick, text, check_sum, kind, tags)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [STATEMENT_PUT_EVENT] =
        "INSERT INTO event(seq, time_ms, channel, nick, kind, reason, check_sum, target, text)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    [STATEMENT_PUT_CHANNEL] =
        "REPLACE INTO channel(name, topic, topic_nick, topic_time_ms, modes, seq, time_ms,"
        " check_sum) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [STATEMENT_DROP_CHANNEL] = "DELETE FROM channel WHERE name = ?1",
    [STATEMENT_DROP_CHANNEL_MASKS] = "DELETE FROM channel_mask WHERE channel = ?1",
    [STATEMENT_DROP_CHANNEL_METADATA] = "DELETE FROM channel_metadata WHERE channel = ?1",
    [STATEMENT_PUT_MASK] =
        "REPLACE INTO channel_mask(channel, list, mask, nick, set_time_ms, seq, time_ms,"
        " check_sum) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [STATEMENT_DROP_MASK] =
        "DELETE FROM channel_mask WHERE channel = ?1 AND list = ?2 AND mask = ?3",
    [STATEMENT_PUT_METADATA] =
        "REPLACE INTO channel_metadata(channel, key, value, seq, time_ms, check_sum)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    [STATEMENT_DROP_METADATA] = "DELETE FROM channel_metadata WHERE channel = ?1 AND key = ?2",
    [STATEMENT_PUT_BAN] =
        "REPLACE INTO server_ban(mask, reason, nick, until_time_ms, seq, time_ms, check_sum)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [STATEMENT_DROP_BAN] = "DELETE FROM server_ban WHERE mask = ?1",
};

int store_prepare(sqlite3 *db, struct store_statements *out)
{
    struct store_statements made = {0};
    for (int which = 0; which < STATEMENT_COUNT; which++) {
        int code = sqlite3_prepare_v3(db, statement_texts[which], -1, SQLITE_PREPARE_PERSISTENT,
                                      &made.of[which], NULL);
        if (code != SQLITE_OK) {
            store_statements_finish(&made);
            return code;
        }
    }
    *out = made;
    return SQLITE_OK;
}

void store_statements_finish(struct store_statements *statements)
{
    for (int which = 0; which < STATEMENT_COUNT; which++) {
        sqlite3_finalize(statements->of[which]);
    }
    *statements = (struct store_statements){0};
}

int store_run(const struct store_statements *statements, enum store_statement which)
{
    int code = sqlite3_step(statements->of[which]);
    /* The reset says only what the step has said already. */
    sqlite3_reset(statements->of[which]);
    return code;
}

int store_put_state(const struct store_statements *statements, const struct store_state_row *row)
{
    sqlite3_stmt *statement = statements->of[STATEMENT_PUT_STATE];
    sqlite3_bind_int64(statement, 1, (sqlite3_int64)row->last_seq);
    sqlite3_bind_int64(statement, 2, row->last_time_ms);
    sqlite3_bind_int(statement, 3, row->closed);
    sqlite3_bind_int64(statement, 4, store_state_sum(row));
    return store_run(statements, STATEMENT_PUT_STATE);
}

/*
 * Binding the small numbers and borrowed texts of a row cannot fail: the indices are right, nothing
 * is copied, and the texts are far below SQLite's bound.
 */

/* The text is the caller's during the step that follows, and NULL would be no text. */
static void bind_text(sqlite3_stmt *statement, int index, struct text text)
{
    sqlite3_bind_text(statement, index, text.data == NULL ? "" : text.data, (int)text.count,
                      SQLITE_STATIC);
}

/* An empty text is no text at all. */
static void bind_text_or_null(sqlite3_stmt *statement, int index, struct text text)
{
    if (text.count > 0) {
        bind_text(statement, index, text);
    } else {
        sqlite3_bind_null(statement, index);
    }
}

static void bind_word(sqlite3_stmt *statement, int index, const char *word)
{
    sqlite3_bind_text(statement, index, word, -1, SQLITE_STATIC);
}

/* Where pieces of one line meet in lines of several, nothing stands between them in the store. */
static struct text pieces_join(struct text text, char room[MESSAGE_BYTES_MAX])
{
    check(text.count <= MESSAGE_BYTES_MAX);
    size_t count = 0;
    for (size_t index = 0; index < text.count; index++) {
        if (text.data[index] != '\0') {
            room[count++] = text.data[index];
        }
    }
    return (struct text){.data = room, .count = count};
}

static int message_put(const struct store_statements *statements, const struct row *row)
{
    const char *kind = message_kind_word(row->flags);
    /* The usual ones take the shorter way. */
    enum store_statement which =
        kind == NULL && row->extra.count == 0 ? STATEMENT_PUT_MESSAGE : STATEMENT_PUT_OTHER_MESSAGE;
    sqlite3_stmt *statement = statements->of[which];
    sqlite3_bind_int64(statement, 1, (sqlite3_int64)row->seq);
    sqlite3_bind_int64(statement, 2, row->time_ms);
    bind_text(statement, 3, row->channel);
    bind_text(statement, 4, row->nick);
    bind_text(statement, 5, row->text);
    sqlite3_bind_int64(statement, 6, row_sum(row));
    if (which == STATEMENT_PUT_OTHER_MESSAGE) {
        bind_word(statement, 7, kind);
        bind_text_or_null(statement, 8, row->extra);
    }
    return store_run(statements, which);
}

static int message_of_pieces_put(const struct store_statements *statements, const struct row *row)
{
    char room[MESSAGE_BYTES_MAX];
    struct row joined = *row;
    joined.text = pieces_join(row->text, room);
    return message_put(statements, &joined);
}

static int event_put(const struct store_statements *statements, const struct row *row)
{
    sqlite3_stmt *statement = statements->of[STATEMENT_PUT_EVENT];
    sqlite3_bind_int64(statement, 1, (sqlite3_int64)row->seq);
    sqlite3_bind_int64(statement, 2, row->time_ms);
    bind_text(statement, 3, row->channel);
    bind_text(statement, 4, row->nick);
    bind_word(statement, 5, row_kind_word(row->kind));
    bind_word(statement, 6, row->kind == ROW_CLOSED ? leave_reason_word(row->reason) : NULL);
    sqlite3_bind_int64(statement, 7, row_sum(row));
    bind_text_or_null(statement, 8, row->extra);
    bind_text_or_null(statement, 9, row->text);
    return store_run(statements, STATEMENT_PUT_EVENT);
}

/* The columns that stand last in each table of state. */
static void bind_end(sqlite3_stmt *statement, int index, const struct row *row)
{
    sqlite3_bind_int64(statement, index, (sqlite3_int64)row->seq);
    sqlite3_bind_int64(statement, index + 1, row->time_ms);
    sqlite3_bind_int64(statement, index + 2, row_sum(row));
}

static int channel_put(const struct store_statements *statements, const struct row *row)
{
    sqlite3_stmt *statement = statements->of[STATEMENT_PUT_CHANNEL];
    bind_text(statement, 1, row->channel);
    bind_text(statement, 2, row->text);
    bind_text(statement, 3, row->nick);
    sqlite3_bind_int64(statement, 4, row->number);
    bind_text(statement, 5, row->extra);
    bind_end(statement, 6, row);
    return store_run(statements, STATEMENT_PUT_CHANNEL);
}

static int channel_drop(const struct store_statements *statements, const struct row *row)
{
    int code = SQLITE_DONE;
    for (int which = STATEMENT_DROP_CHANNEL;
         which <= STATEMENT_DROP_CHANNEL_METADATA && code == SQLITE_DONE; which++) {
        bind_text(statements->of[which], 1, row->channel);
        code = store_run(statements, (enum store_statement)which);
    }
    return code;
}

/* extra is the list's letter, a space and the mask. */
static void bind_mask(sqlite3_stmt *statement, const struct row *row)
{
    check(row->extra.count > 2 && row->extra.count <= MASK_BYTES_MAX + 2);
    check(row->extra.data[1] == ' ');
    bind_text(statement, 1, row->channel);
    bind_text(statement, 2, (struct text){.data = row->extra.data, .count = 1});
    bind_text(statement, 3,
              (struct text){.data = row->extra.data + 2, .count = row->extra.count - 2});
}

static int mask_put(const struct store_statements *statements, const struct row *row)
{
    sqlite3_stmt *statement = statements->of[STATEMENT_PUT_MASK];
    struct row kept = *row;
    kept.text = TEXT_NONE;
    bind_mask(statement, &kept);
    bind_text(statement, 4, kept.nick);
    sqlite3_bind_int64(statement, 5, kept.number);
    bind_end(statement, 6, &kept);
    return store_run(statements, STATEMENT_PUT_MASK);
}

static int mask_drop(const struct store_statements *statements, const struct row *row)
{
    bind_mask(statements->of[STATEMENT_DROP_MASK], row);
    return store_run(statements, STATEMENT_DROP_MASK);
}

static int metadata_put(const struct store_statements *statements, const struct row *row)
{
    sqlite3_stmt *statement = statements->of[STATEMENT_PUT_METADATA];
    struct row kept = *row;
    kept.nick = TEXT_NONE;
    kept.number = 0;
    bind_text(statement, 1, kept.channel);
    bind_text(statement, 2, kept.extra);
    bind_text(statement, 3, kept.text);
    bind_end(statement, 4, &kept);
    return store_run(statements, STATEMENT_PUT_METADATA);
}

static int metadata_drop(const struct store_statements *statements, const struct row *row)
{
    sqlite3_stmt *statement = statements->of[STATEMENT_DROP_METADATA];
    bind_text(statement, 1, row->channel);
    bind_text(statement, 2, row->extra);
    return store_run(statements, STATEMENT_DROP_METADATA);
}

static int ban_put(const struct store_statements *statements, const struct row *row)
{
    sqlite3_stmt *statement = statements->of[STATEMENT_PUT_BAN];
    struct row kept = *row;
    kept.channel = TEXT_NONE;
    bind_text(statement, 1, kept.extra);
    bind_text(statement, 2, kept.text);
    bind_text(statement, 3, kept.nick);
    sqlite3_bind_int64(statement, 4, kept.number);
    bind_end(statement, 5, &kept);
    return store_run(statements, STATEMENT_PUT_BAN);
}

static int ban_drop(const struct store_statements *statements, const struct row *row)
{
    bind_text(statements->of[STATEMENT_DROP_BAN], 1, row->extra);
    return store_run(statements, STATEMENT_DROP_BAN);
}

int store_put_row(const struct store_statements *statements, const struct row *row)
{
    switch (row->kind) {
    case ROW_MESSAGE:
        return (row->flags & MESSAGE_MULTILINE) != 0 ? message_of_pieces_put(statements, row)
                                                     : message_put(statements, row);
    case ROW_JOINED:
    case ROW_PARTED:
    case ROW_CLOSED:
    case ROW_KICKED:
    case ROW_NICK:
    case ROW_TOPIC:
    case ROW_MODE:
    case ROW_RENAMED:
        return event_put(statements, row);
    case ROW_CHANNEL:
        return channel_put(statements, row);
    case ROW_CHANNEL_DROP:
        return channel_drop(statements, row);
    case ROW_MASK:
        return mask_put(statements, row);
    case ROW_MASK_DROP:
        return mask_drop(statements, row);
    case ROW_METADATA:
        return metadata_put(statements, row);
    case ROW_METADATA_DROP:
        return metadata_drop(statements, row);
    case ROW_BAN:
        return ban_put(statements, row);
    case ROW_BAN_DROP:
        return ban_drop(statements, row);
    case ROW_NONE:
    case ROW_KIND_COUNT:
        break;
    }
    check(!"a row that is stored");
    return SQLITE_MISUSE;
}
