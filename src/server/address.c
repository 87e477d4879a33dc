/* The table of addresses. */
#include "server/address.h"

#include "base/check.h"
#include "base/mem.h"

#include <string.h>

/* Addresses remembered at once; a new one beyond them is turned away. */
#define ADDRESSES_MAX 100000
#define FORGET_PER_CALL 64

struct address_entry {
    struct address_entry *newer;
    struct address_entry *older;
    struct in6_addr address;
    uint32_t present_count;
    uint32_t window_count; /* Entered since the window began. */
    int64_t window_end_ms;
};

enum error address_table_init(struct address_table *table, uint64_t seed)
{
    struct map *entries = map_new(seed);
    if (entries == NULL) {
        return ERR_MEMORY;
    }
    *table = (struct address_table){.entries = entries};
    return ERR_OK;
}

void address_table_finish(struct address_table *table)
{
    size_t cursor = 0;
    for (struct address_entry *entry; (entry = map_next(table->entries, &cursor)) != NULL;) {
        mem_free(entry);
    }
    map_free(table->entries);
}

/* An IPv6 network of /64 is one place, like an IPv4 address. */
static struct in6_addr address_place(const struct in6_addr *address)
{
    struct in6_addr place = *address;
    if (!IN6_IS_ADDR_V4MAPPED(address)) {
        memset(&place.s6_addr[8], 0, 8);
    }
    return place;
}

static struct text place_key(const struct in6_addr *place)
{
    return (struct text){.data = (const char *)place->s6_addr, .count = sizeof place->s6_addr};
}

static void entry_unlink(struct address_table *table, struct address_entry *entry)
{
    *(entry->older != NULL ? &entry->older->newer : &table->oldest) = entry->newer;
    *(entry->newer != NULL ? &entry->newer->older : &table->newest) = entry->older;
}

/* A new window begins: the entry moves to the end of the line. */
static void entry_open_window(struct address_table *table, struct address_entry *entry,
                              int64_t end_ms)
{
    entry->window_count = 0;
    entry->window_end_ms = end_ms;
    entry->newer = NULL;
    entry->older = table->newest;
    *(table->newest != NULL ? &table->newest->newer : &table->oldest) = entry;
    table->newest = entry;
}

static struct address_entry *entry_new(struct address_table *table, const struct in6_addr *place,
                                       int64_t end_ms)
{
    struct address_entry *entry = mem_zalloc(1, sizeof *entry);
    if (entry == NULL) {
        return NULL;
    }
    entry->address = *place;
    if (map_put(table->entries, place_key(place), entry) != ERR_OK) {
        mem_free(entry);
        return NULL;
    }
    entry_open_window(table, entry, end_ms);
    return entry;
}

enum address_verdict address_enter(struct address_table *table, const struct config *config,
                                   const struct in6_addr *address, int64_t now_ms)
{
    struct in6_addr place = address_place(address);
    int64_t end_ms = now_ms + config->connects_window_ms;
    struct address_entry *entry = map_get(table->entries, place_key(&place));
    if (entry == NULL) {
        if (map_count(table->entries) >= ADDRESSES_MAX) {
            return ADDRESS_NO_MEMORY;
        }
        entry = entry_new(table, &place, end_ms);
        if (entry == NULL) {
            return ADDRESS_NO_MEMORY;
        }
    } else if (now_ms >= entry->window_end_ms) {
        entry_unlink(table, entry);
        entry_open_window(table, entry, end_ms);
    }
    if (config->connections_per_address > 0 &&
        entry->present_count >= config->connections_per_address) {
        return ADDRESS_TOO_MANY;
    }
    if (config->connects_per_address > 0 && entry->window_count >= config->connects_per_address) {
        return ADDRESS_SLOW_DOWN;
    }
    entry->present_count++;
    entry->window_count++;
    return ADDRESS_FINE;
}

void address_leave(struct address_table *table, const struct in6_addr *address)
{
    struct in6_addr place = address_place(address);
    struct address_entry *entry = map_get(table->entries, place_key(&place));
    check(entry != NULL && entry->present_count > 0);
    entry->present_count--;
}

void address_forget(struct address_table *table, int64_t now_ms)
{
    for (int i = 0; i < FORGET_PER_CALL; i++) {
        struct address_entry *entry = table->oldest;
        if (entry == NULL || now_ms < entry->window_end_ms) {
            return;
        }
        entry_unlink(table, entry);
        if (entry->present_count > 0) {
            /* Somebody is still here: look again later. */
            int64_t window_ms = entry->window_end_ms;
            entry_open_window(table, entry, window_ms > now_ms ? window_ms : now_ms + 1000);
        } else {
            (void)map_take(table->entries, place_key(&entry->address));
            mem_free(entry);
        }
    }
}
