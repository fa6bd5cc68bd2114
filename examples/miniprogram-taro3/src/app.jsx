// First, because pages are watched from their registration on
import './tracking';

export default function App({ children }) {
  return children;
}
