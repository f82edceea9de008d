-- The registry of licenses: one row per version of a text, its terms side by side, their clauses beside them.
create view market.license as
select
    license_id,
    name,
    version,
    steward,
    coalesce(terms #>> '{license_class,value}', 'unknown') as license_class,
    case
        when terms #>> '{license_class,value}' in ('osi_open', 'permissive_unapproved', 'rider') then 'open weights: unrestricted'
        when terms #>> '{license_class,value}' in ('use_restricted', 'threshold', 'registration') then 'open weights: restricted use'
        when terms #>> '{license_class,value}' in ('noncommercial', 'research_only') then 'open weights: non-commercial'
        else 'unknown'
    end as accessibility,
    coalesce(terms #>> '{osi_approved,value}', 'unknown') as osi_approved,
    coalesce(terms #>> '{commercial_use,value}', 'unknown') as commercial_use,
    coalesce(terms #>> '{hosting,value}', 'unknown') as hosting,
    coalesce(terms #>> '{field_of_use,value}', 'unknown') as field_of_use,
    coalesce(terms #>> '{military,value}', 'unknown') as military,
    coalesce(terms #>> '{redistribution,value}', 'unknown') as redistribution,
    coalesce(terms #>> '{derivative,value}', 'unknown') as derivative,
    coalesce(terms #>> '{output_training,value}', 'unknown') as output_training,
    coalesce(terms #>> '{distillate,value}', 'unknown') as distillate,
    coalesce(terms #>> '{patent_grant,value}', 'unknown') as patent_grant,
    coalesce(terms #>> '{revocable,value}', 'unknown') as revocable,
    coalesce(terms #>> '{steward_change,value}', 'unknown') as steward_change,
    coalesce(terms #>> '{territory,value}', 'unknown') as territory,
    terms as clauses,
    thresholds,
    texts,
    note
from ledger.license;

comment on view market.license is 'The registry: one row per version of a license text; every value but unknown has its clause in clauses.';
comment on column market.license.license_id is 'SPDX id, else LicenseRef-….';
comment on column market.license.name is 'What its steward calls it.';
comment on column market.license.version is 'Version or date of the text; empty where it has none.';
comment on column market.license.steward is 'Who wrote it; empty where nobody owns it.';
comment on column market.license.license_class is
'osi_open, permissive_unapproved, rider, use_restricted, threshold, registration, noncommercial, research_only, none or unknown.';
comment on column market.license.accessibility is 'The headline: open weights unrestricted, of restricted use, or non-commercial.';
comment on column market.license.osi_approved is 'yes or no: the text is on the list of the Open Source Initiative.';
comment on column market.license.commercial_use is 'yes, limited, no or unknown.';
comment on column market.license.hosting is 'Serving it to others: free, limited, no or unknown.';
comment on column market.license.field_of_use is 'Barred uses: none, list_in_text, external_policy or unknown.';
comment on column market.license.military is 'Military use: free, no or unknown.';
comment on column market.license.redistribution is 'yes, passdown_terms, same_license, no or unknown.';
comment on column market.license.derivative is 'What a changed model owes: none, notice_text, state_changes, built_with_display, naming_prefix or unknown.';
comment on column market.license.output_training is
'Outputs to train others: free, within_use_policy, naming_duty, display_duty, only_own_family, no or unknown.';
comment on column market.license.distillate is 'A model trained on outputs: derivative, free or unknown.';
comment on column market.license.patent_grant is 'explicit, none or unknown.';
comment on column market.license.revocable is 'none (no clause), irrevocable, on_patent_suit, on_breach, at_will or unknown.';
comment on column market.license.steward_change is 'Whether its steward may change it, or its policy, alone: yes, no or unknown.';
comment on column market.license.territory is 'Places left out: none, excluded or unknown.';
comment on column market.license.clauses is 'Term, with value, clause and what it says in our own words (JSON).';
comment on column market.license.thresholds is 'Sizes from which more is asked: metric, value, currency, when, effect, clause (JSON).';
comment on column market.license.texts is 'Reviewed texts of it that are known by their hashes.';
comment on column market.license.note is 'What its reader should know; empty for most.';
