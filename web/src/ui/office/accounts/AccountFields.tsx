import { Button, CloseButton, Select, TextInput } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useMemo } from "react";
import { useTexts } from "../../../i18n";
import type { AccountDetails } from "../../../office/accounts";
import { type Grant, type Role, roles } from "../../../office/session";
import { problemText } from "../Problem";
import { filterOptions, UnitSelect } from "../UnitSelect";
import { useDirectory } from "../useDirectory";
import { faultyField } from "../useSave";

interface AccountFieldsProps {
	values: AccountDetails;
	onChange: (values: AccountDetails) => void;
	problem: unknown;
	/** Nobody has this account yet: the cursor stands in the first field. */
	fresh?: boolean;
}

export function AccountFields({ values, onChange, problem, fresh }: AccountFieldsProps) {
	const { t, language } = useTexts();
	const faulty = faultyField(problem);
	const error = (field: string) => (faulty === field ? problemText(problem, t, language) : undefined);
	const change = (some: Partial<AccountDetails>) => onChange({ ...values, ...some });
	return (
		<>
			<TextInput
				label={t("accounts.login")}
				description={fresh ? t("setup.loginRule") : undefined}
				required
				withAsterisk={false}
				autoFocus={fresh}
				autoComplete="off"
				autoCapitalize="off"
				spellCheck={false}
				value={values.login}
				onChange={(event) => change({ login: event.currentTarget.value })}
				error={error("login")}
				data-testid="account-login"
			/>
			<TextInput
				label={t("accounts.name")}
				required
				withAsterisk={false}
				autoComplete="off"
				value={values.name}
				onChange={(event) => change({ name: event.currentTarget.value })}
				error={error("name")}
				data-testid="account-name"
			/>
			<TextInput
				label={t("accounts.position")}
				autoComplete="off"
				value={values.title}
				onChange={(event) => change({ title: event.currentTarget.value })}
				error={error("title")}
			/>
			<UnitSelect label={t("accounts.unit")} value={values.unit ?? ""} onChange={(unit) => change({ unit })} error={error("unit")} />
			<PersonSelect value={values.person ?? ""} onChange={(person) => change({ person })} error={error("person")} />
			<Grants grants={values.grants} onChange={(grants) => change({ grants })} error={error("grants")} />
		</>
	);
}

/** Who the holder is in the directory: leaders then have their own meetings. */
function PersonSelect({ value, onChange, error }: { value: string; onChange: (person: string) => void; error?: string }) {
	const { t } = useTexts();
	const { data } = useDirectory();
	const options = useMemo(() => {
		const units = new Map(data?.units.map((u) => [u.id, u.short_name || u.name]));
		return (data?.people ?? []).map((p) => ({
			value: p.id,
			label: [p.title, p.name, units.get(p.unit)].filter(Boolean).join(" · "),
		}));
	}, [data]);
	if (options.length === 0) return null;
	return (
		<Select
			label={t("accounts.person")}
			description={t("accounts.personWhy")}
			data={options}
			value={value || null}
			onChange={(chosen) => onChange(chosen ?? "")}
			searchable
			clearable
			clearButtonProps={{ "aria-label": t("office.clear") }}
			limit={200}
			filter={filterOptions}
			nothingFoundMessage={t("office.nothingFound")}
			error={error}
		/>
	);
}

interface GrantsProps {
	grants: Grant[];
	onChange: (grants: Grant[]) => void;
	error?: string;
}

/** Roles, each in a unit and all that is below it. */
function Grants({ grants, onChange, error }: GrantsProps) {
	const { t } = useTexts();
	const set = (at: number, some: Partial<Grant>) => onChange(grants.map((g, i) => (i === at ? { ...g, ...some } : g)));
	return (
		<fieldset className="grants" data-testid="grants">
			<legend>{t("accounts.grants")}</legend>
			{grants.length === 0 && <p className="caption">{t("accounts.grantsNone")}</p>}
			{grants.map((grant, i) => (
				// biome-ignore lint/suspicious/noArrayIndexKey: a grant is its place while it is written
				<div key={i} className="grant">
					<Select
						aria-label={t("accounts.role")}
						data={roles.filter((r) => r !== "terminal").map((r) => ({ value: r, label: t(`role.${r}`) }))}
						value={grant.role}
						onChange={(role) => role && set(i, { role: role as Role })}
						searchable
						filter={filterOptions}
						nothingFoundMessage={t("office.nothingFound")}
						data-testid={`grant-role-${i}`}
					/>
					<UnitSelect
						aria-label={t("accounts.scope")}
						none={t("accounts.province")}
						value={grant.unit ?? ""}
						onChange={(unit) => set(i, { unit: unit || undefined })}
						data-testid={`grant-unit-${i}`}
					/>
					<CloseButton aria-label={t("accounts.removeGrant")} onClick={() => onChange(grants.filter((_, at) => at !== i))} />
				</div>
			))}
			{error && (
				<p className="field-error" role="alert">
					{error}
				</p>
			)}
			<Button
				variant="default"
				size="sm"
				leftSection={<IconPlus size={16} aria-hidden="true" />}
				onClick={() => onChange([...grants, { role: "planner" }])}
				data-testid="add-grant"
			>
				{t("accounts.addGrant")}
			</Button>
		</fieldset>
	);
}
