/* Following streams of messages: exactly, or by comparison with one that was followed exactly. */
#include "load_check.h"

#include "load_stat.h"

#include <stdlib.h>
#include <string.h>

void tally_init(struct tally *tally, uint32_t writer_count)
{
    *tally = (struct tally){0};
    tally->recent = get_memory(writer_count, sizeof *tally->recent);
}

void tally_finish(struct tally *tally)
{
    free(tally->recent);
    tally->recent = NULL;
}

static uint64_t *recent_word(struct tally *tally, const struct text *text)
{
    return &tally->recent[text->writer][text->number % TALLY_RECENT_NUMBERS / 64];
}

void tally_add(struct tally *tally, const struct text *text)
{
    uint64_t *next = &tally->next[text->writer], bit = UINT64_C(1) << (text->number % 64);
    tally->count++;
    if (text->number >= *next) {
        tally->lost += text->number - *next;
        uint64_t from = text->number - *next < TALLY_RECENT_NUMBERS ? *next : text->number;
        for (struct text skipped = {.writer = text->writer, .number = from};
             skipped.number < text->number; skipped.number++) {
            *recent_word(tally, &skipped) &= ~(UINT64_C(1) << (skipped.number % 64));
        }
        *next = text->number + 1;
    } else if (*next - text->number < TALLY_RECENT_NUMBERS && !(*recent_word(tally, text) & bit)) {
        tally->disordered++;
        tally->lost--;
    } else {
        tally->doubled++;
    }
    *recent_word(tally, text) |= bit;
}

void record_finish(struct record *record)
{
    tally_finish(&record->tally);
    free(record->bytes);
    free(record->texts);
}

bool record_add(struct record *record, const struct unit *unit, const char *bytes,
                const struct text *text)
{
    if (record->unit_bytes == 0) {
        record->unit_bytes = unit->bytes;
        record->bytes = get_memory(RECORD_UNITS, unit->bytes);
        record->texts = get_memory(RECORD_UNITS, sizeof *record->texts);
    }
    if (unit->bytes != record->unit_bytes) {
        return false;
    }
    size_t slot = record->head % RECORD_UNITS;
    memcpy(record->bytes + slot * record->unit_bytes, bytes, unit->bytes);
    record->texts[slot] = *text;
    record->head++;
    tally_add(&record->tally, text);
    return true;
}

size_t record_match(const struct record *record, uint64_t from, const char *buffer, size_t bytes)
{
    if (record->unit_bytes == 0 || from >= record->head || record->head - from > RECORD_UNITS) {
        return 0;
    }
    size_t slot = from % RECORD_UNITS, units = bytes / record->unit_bytes;
    units = units < record->head - from ? units : (size_t)(record->head - from);
    units = units < RECORD_UNITS - slot ? units : RECORD_UNITS - slot;
    const char *kept = record->bytes + slot * record->unit_bytes;
    if (memcmp(kept, buffer, units * record->unit_bytes) == 0) {
        return units;
    }
    size_t same = 0;
    while (memcmp(kept + same * record->unit_bytes, buffer + same * record->unit_bytes,
                  record->unit_bytes) == 0) {
        same++;
    }
    return same;
}

const struct text *record_text(const struct record *record, uint64_t unit)
{
    return &record->texts[unit % RECORD_UNITS];
}

void record_tally(const struct record *record, uint64_t end, struct tally *tally)
{
    uint64_t from = record->head > RECORD_UNITS ? record->head - RECORD_UNITS : 0;
    for (uint64_t i = from; i < end; i++) {
        tally_add(tally, record_text(record, i));
    }
    /* What came before the oldest unit that is kept is not lost, and nothing said twice. */
    if (from > 0) {
        tally->lost = record->tally.lost;
    }
    tally->count = end;
}
