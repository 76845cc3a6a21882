/* SPDX-License-Identifier: MIT
 *
 * User name -> registration ID, ID scope, individual enrollment; then token -> the keys
 * of that enrollment or, where there is none, of the groups. */
#include "tools/emulator/admission.h"

#include <string.h>
#include <time.h>

#include "sas/sas.h"
#include "tools/common/escape.h"
#include "tools/emulator/token.h"

/* ---- user name --------------------------------------------------------------------- */

static bool admission_same(struct dps_bytes a, struct dps_bytes b)
{
    return a.len == b.len && memcmp(a.at, b.at, b.len) == 0;
}

const char *admission_identify(struct admission *admission,
                               const struct enrollments *enrollments,
                               const struct dps_mqtt_connect *connect,
                               struct user_name *name)
{
    struct dps_bytes id;

    if (!user_name_parse(connect->user_name, name)) {
        return "the user name is not {idScope}/registrations/{registrationId}/"
               "api-version={version}";
    }
    id = name->registration_id;
    escape_text(admission->log_id, sizeof admission->log_id, id.at, id.len);
    if (!admission_same(id, connect->client_id)) {
        return "the client ID is not the registration ID of the user name";
    }
    if (!user_name_id_is_valid(id)) {
        admission->refusal = ADMISSION_BAD_ID;
        return NULL;
    }
    memcpy(admission->registration_id, id.at, id.len);
    if (!admission_same(name->id_scope, user_name_text(enrollments->id_scope))) {
        admission->refusal = ADMISSION_BAD_SCOPE;
        return NULL;
    }
    admission->scripted = enrollments_find(enrollments, admission->registration_id);
    return NULL;
}

/* ---- token ------------------------------------------------------------------------- */

static bool admission_key_signed(const struct token *token,
                                 const struct enrollment *enrollment)
{
    for (size_t i = 0; i < enrollment->key_count; i++) {
        if (token_is_signed_by(token, &enrollment->keys[i].signer)) {
            return true;
        }
    }
    return false;
}

/* The group's key never signs: the device's key, derived from the ID, does. */
static bool admission_group_signed(const struct token *token,
                                   const struct enrollment *group,
                                   const char *registration_id)
{
    struct dps_sas_key key;
    bool signed_by = false;

    for (size_t i = 0; i < group->key_count && !signed_by; i++) {
        if (dps_sas_derive(&key, &group->keys[i].signer, registration_id) != DPS_SAS_OK) {
            continue;
        }
        signed_by = token_is_signed_by(token, &key.signer);
        dps_sas_key_wipe(&key);
    }
    return signed_by;
}

/* Which group's key it is; the ID counts as sent, or in lower case, because no source
 * says which spelling the service hashes. */
static struct enrollment *admission_find_group(const struct enrollments *all,
                                               const struct token *token, const char *id)
{
    char lower[USER_NAME_REGISTRATION_ID_MAX + 1];
    size_t len = strlen(id);

    for (size_t i = 0; i <= len; i++) {
        lower[i] = (char)((unsigned)id[i] - 'A' < 26u ? id[i] + 32 : id[i]);
    }
    for (size_t i = 0; i < all->group_count; i++) {
        if (admission_group_signed(token, &all->groups[i], id)
            || admission_group_signed(token, &all->groups[i], lower)) {
            return &all->groups[i];
        }
    }
    return NULL;
}

/* An individual enrollment ends the search: no group admits a device beside it. */
const char *admission_authenticate(struct admission *admission,
                                   const struct enrollments *enrollments,
                                   const struct user_name *name,
                                   struct dps_bytes password)
{
    struct enrollment *own = admission->scripted;
    struct token token;
    enum token_result result;

    admission->refusal = ADMISSION_BAD_TOKEN;
    result = token_parse(password, &token);
    if (result == TOKEN_GOOD) {
        result = token_check(&token, name->id_scope, name->registration_id,
                             (uint64_t)time(NULL));
    }
    if (result != TOKEN_GOOD) {
        return token_result_text(result);
    }
    if (own == NULL) {
        admission->enrollment =
            admission_find_group(enrollments, &token, admission->registration_id);
        admission->scripted = admission->enrollment;
    } else if (admission_key_signed(&token, own)) {
        admission->enrollment = own;
    }
    if (admission->enrollment == NULL) {
        return own == NULL ? "no individual enrollment, and no group's key made it"
                           : "the enrollment's key did not make it";
    }
    admission->refusal = ADMISSION_WELCOME;
    return "good";
}
