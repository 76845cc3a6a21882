/* SPDX-License-Identifier: MIT
 *
 * Two things that every room with a secret needs: to forget it, and to compare it without
 * telling through the time taken where the first difference was. No BearSSL, no state.
 *
 *     good = dps_equal(mac, wanted, sizeof mac);
 *     dps_wipe(mac, sizeof mac); */
#ifndef DPS_SAS_WIPE_H
#define DPS_SAS_WIPE_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Sets `len` bytes at `at` to zero, with stores that the compiler may not leave out
 * although nobody reads them again. 0 bytes are allowed. Copies that a caller or a
 * library below has made elsewhere stay where they are. */
void dps_wipe(void *at, size_t len);

/** Tells whether `len` bytes at `a` and at `b` are the same: 1 or 0. The time taken
 * depends on `len` alone, so compare the lengths first: they are no secret. 0 bytes are
 * the same. */
int dps_equal(const void *a, const void *b, size_t len);

#ifdef __cplusplus
}
#endif

#endif
