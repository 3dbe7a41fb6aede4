import { createContext, useContext } from "react";
import type { Action, Me } from "../../office/session";

export interface SignedIn extends Me {
	/** Whether the account may do this in some unit; the server decides for each. */
	may: (action: Action) => boolean;
}

export const SessionContext = createContext<SignedIn | undefined>(undefined);

/** Who is signed in. Office pages are shown to nobody else. */
export function useSession(): SignedIn {
	const session = useContext(SessionContext);
	if (!session) throw new Error("no session above this component");
	return session;
}
