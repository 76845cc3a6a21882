/* SPDX-License-Identifier: MIT
 *
 * The room's constants. Override with -D; every value is checked here. Lengths are bytes
 * without the terminating NUL. */
#ifndef DPS_CONFIG_H
#define DPS_CONFIG_H

/* The longest values that an answer may hold; a longer one is an error that names the
 * field, never a truncation. A step up costs a byte of RAM only for the operation ID: the
 * others share DPS_TEXT's bytes as long as they fit there. */
#ifndef DPS_HUB_MAX
#define DPS_HUB_MAX 128
#endif
#ifndef DPS_DEVICE_ID_MAX
#define DPS_DEVICE_ID_MAX 128
#endif
#ifndef DPS_OPERATION_ID_MAX
#define DPS_OPERATION_ID_MAX 128
#endif
#ifndef DPS_SUBSTATUS_MAX
#define DPS_SUBSTATUS_MAX 40
#endif
#ifndef DPS_TRACKING_ID_MAX
#define DPS_TRACKING_ID_MAX 40
#endif

/* The service's error message is text for a person: its start is kept, and that it was
 * cut is told. */
#ifndef DPS_MESSAGE_MAX
#define DPS_MESSAGE_MAX 95
#endif

#if DPS_HUB_MAX < 4 || DPS_HUB_MAX > 253
#error "DPS_HUB_MAX: 4 to 253, the longest DNS name"
#endif
#if DPS_DEVICE_ID_MAX < 1 || DPS_DEVICE_ID_MAX > 255 || DPS_SUBSTATUS_MAX < 1 \
    || DPS_SUBSTATUS_MAX > 255 || DPS_TRACKING_ID_MAX < 1 || DPS_TRACKING_ID_MAX > 255 \
    || DPS_MESSAGE_MAX < 4 || DPS_MESSAGE_MAX > 255
#error "a field of an answer: 1 to 255, the message 4 to 255"
#endif
#if DPS_OPERATION_ID_MAX < 55 || DPS_OPERATION_ID_MAX > 240
#error "DPS_OPERATION_ID_MAX: 55, what the service sends, to 240"
#endif

/* Where user name and password, later the topics, are put together. 560 hold a
 * registration ID of 128 characters, up to fifteen of them ':'; with 1024 any legal
 * request fits. */
#ifndef DPS_TEXT
#define DPS_TEXT 560
#endif
#if DPS_TEXT < 320 || DPS_TEXT > 32767
#error "DPS_TEXT: 320 to 32767, a poll topic needs 79 and the operation ID"
#endif

/* The MQTT head buffer: the longest topic of an answer, with its packet identifier. */
#ifndef DPS_HEAD
#define DPS_HEAD 128
#endif
#if DPS_HEAD < 64
#error "DPS_HEAD: at least 64, an answer's topic needs 60"
#endif

/* Keep-alive sent in CONNECT, seconds; 0 is off. DPS documents no limit. */
#ifndef DPS_KEEP_ALIVE_S
#define DPS_KEEP_ALIVE_S 60
#endif
#if DPS_KEEP_ALIVE_S < 0 || DPS_KEEP_ALIVE_S > 65535
#error "DPS_KEEP_ALIVE_S: 0 to 65535"
#endif

#endif
