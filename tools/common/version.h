/* SPDX-License-Identifier: MIT
 *
 * The one version number of library and programs; the Makefile's VERSION is the same. */
#ifndef TOOLS_COMMON_VERSION_H
#define TOOLS_COMMON_VERSION_H

#define TINYDPS_VERSION "0.1.0"

#endif
