"""Who answers: OpenAI-compatible endpoints, vLLM servers, the demo teacher."""
